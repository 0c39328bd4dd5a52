"""The experiment with a self-reference that is predicted: the same file, and one map at every scale."""

import numpy as np
import pytest
import torch
from PIL import Image

import nccodec
from nccodec.arrays import GRADIENTS
from nccodec.collage.scales import reduce_area
from nccodec.experiments import reference
from nccodec.neural import weights as weights_files
from nccodec.neural.architecture import Architecture
from nccodec.training.crops import CropFolder
from nccodec.training.export import export
from nccodec.training.loop import Trainer
from nccodec.training.options import Options


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[weights_files.Weights, CropFolder]:
    """Weights without domains, of three steps, and their pictures."""
    root, random = tmp_path_factory.mktemp("run"), np.random.default_rng(1)
    (root / "crops").mkdir()
    for number in range(2):
        coarse = Image.fromarray(random.integers(0, 256, (9, 9, 3), np.uint8))
        coarse.resize((300, 300), Image.Resampling.BICUBIC).save(root / "crops" / f"{number}.png")
    folder = CropFolder(root / "crops")
    a = Architecture(range_size=8, kernel=8, atoms=24, width=8, depth=8, blocks=1, refinement=8, detail=8)
    run = Trainer(folder, Options(a, steps=3, crop=32, batch=2))
    run.run()
    export(run, root / "plain.safetensors")
    return weights_files.load(root / "plain.safetensors"), folder


def test_without_it_the_decode_is_that_of_the_codec(trained, smooth):
    weights, _ = trained
    model = reference.ZeroBitReference(weights)
    model.head.weight.data.normal_(0, 3)
    picture = smooth(37, 50)
    data = nccodec.encode(picture, 60, 0, weights.path)
    for scale in (1, 4):
        size, without, use = reference.pictures(model, weights, np.asarray(picture), 60, scale)
        assert size == len(data)
        expected = np.asarray(nccodec.decode(data, scale, weights=weights.path)).astype(int)
        assert np.abs(without - expected).max() <= 1 and not np.array_equal(without, use)


@torch.no_grad()
def test_every_scale_is_one_map(trained):
    model = reference.ZeroBitReference(trained[0])
    q = torch.randint(-3, 4, (1, 24, 4, 5), generator=torch.Generator().manual_seed(1)).float()
    level = torch.tensor([3.0])
    torch.testing.assert_close(model.decode(q, level, 1), model.decode(q, level, 1, used=False))
    model.head.weight.normal_(0, 0.1)
    once, enlarged = model.decode(q, level, 1), model.decode(q, level, 4)
    assert (once - model.decode(q, level, 1, used=False)).abs().max() > 0.001
    torch.testing.assert_close(reduce_area(enlarged, 4), once, atol=1e-5, rtol=0)


def test_fitting_changes_the_prediction_alone(trained):
    weights, folder = trained
    arrays = weights.model(GRADIENTS).network.arrays
    before = {name: array.clone() for name, array in arrays.items()}
    model = reference.fit(weights, folder, 0.01)
    assert model.head.weight.abs().max() > 0
    for name, array in arrays.items():
        assert torch.equal(array, before[name]) and not array.requires_grad, name
