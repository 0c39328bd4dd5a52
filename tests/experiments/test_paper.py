"""The paper's set-up: what is coded is what is decoded, and decoding is the fixed point of the maps."""

import numpy as np
import pytest
import torch

from nccodec.bitstream.packers import pack_fixed, unpack_fixed
from nccodec.collage.scales import reduce_area
from nccodec.experiments import paper


@pytest.fixture(scope="module")
def model() -> paper.PaperCollage:
    torch.manual_seed(3)
    found = paper.PaperCollage().requires_grad_(False)
    found.encoder[-1].bias.copy_(torch.randn(144) * 0.5)
    return found


def test_a_decoded_crop_is_the_fixed_point_of_its_map(model):
    """Against the map written out for one crop, range by range and channel by channel, in float64."""
    maps = model.maps(torch.rand(1, 3, 40, 40, generator=torch.Generator().manual_seed(1)))
    assert maps[..., 0].abs().max() > 20
    z = model.decode(maps)[0].double().numpy()
    numbers, patches, after = maps[0].double().numpy() / 100, model.patches.double().numpy(), np.zeros_like(z)
    pooled = z.reshape(3, 20, 2, 20, 2).mean((2, 4))
    for y, x, c in np.ndindex(2, 2, 3):
        s, a, b = numbers[y, x, c, 0], numbers[y, x, c, 1:11], numbers[y, x, c, 11]
        cell = s * pooled[c] + np.tensordot(a, patches[:, c], 1) + b + 0.5
        after[c, 20 * y : 20 * y + 20, 20 * x : 20 * x + 20] = cell
    largest = np.abs(numbers[..., 0]).max()
    assert np.abs(after - z).max() < largest ** (paper.STEPS + 1) * 4


def test_reducing_the_decode_at_4x_gives_that_at_1x(model):
    maps = model.maps(torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(2)))
    for domain in (False, True):
        torch.testing.assert_close(
            reduce_area(model.decode(maps, 4, domain), 4), model.decode(maps, 1, domain), atol=1e-4, rtol=0
        )


def test_pictures_of_any_size_and_real_bytes(model):
    picture = np.random.default_rng(0).integers(0, 256, (50, 93, 3), np.uint8)
    values, size = paper.encode(model, picture)
    assert values.shape == (36, 4, 6)
    payload = pack_fixed(values)
    np.testing.assert_array_equal(unpack_fixed(payload, values.shape), values)
    assert 51 < size <= len(payload) + 51 + 16
    assert paper.decode(model, values, (50, 93)).shape == (50, 93, 3)
    assert paper.decode(model, values, (50, 93), 4, False).shape == (200, 372, 3)
    crop = torch.from_numpy(picture[:40, 40:80].transpose(2, 0, 1).copy())[None].float() / 255
    expected = (model.decode(model.maps(crop))[0] * 255 + 0.5).clamp(0, 255).byte().permute(1, 2, 0).numpy()
    difference = paper.decode(model, values, (50, 93))[:40, 40:80].astype(int) - expected
    assert np.abs(difference).max() <= 1
