"""Quantization, sizes, and the pass from picture to code and back."""

import numpy as np
import pytest
import torch
from PIL import Image

import nccodec
from nccodec.code import CollageCode
from nccodec.errors import CollageError, LimitError, WeightsError
from nccodec.neural import weights as weights_files
from nccodec.neural.codec import output_size, pad_to_cells, quantize, synthesise


def test_quantize_rounds_the_means_and_spares_the_rest():
    x = torch.tensor([0.4, 0.5, -0.6, 1.69, -1.71, 40000.0])
    q = quantize(x.expand(5, 6).reshape(1, 5, 1, 6).contiguous(), 0.2)
    assert q[0, 0, 0].tolist() == q[0, 2, 0].tolist() == [0, 1, -1, 2, -2, 32767]
    assert q[0, 3, 0].tolist() == q[0, 4, 0].tolist() == [0, 0, 0, 1, -2, 32767]


@pytest.mark.parametrize(
    ("code", "scale", "size", "expected"),
    [
        ((100, 151), 1, None, (100, 151)),
        ((100, 151), 4, None, (400, 604)),
        ((100, 151), 0.5, None, (50, 76)),
        ((1, 3), 0.25, None, (1, 1)),
        ((10, 15), 0.3, None, (3, 5)),
        ((10, 15), 1.5, None, (15, 23)),
        ((10, 15), 0.03, None, (1, 1)),
        ((10, 15), 1, (7, 40), (7, 40)),
    ],
)
def test_output_size(code, scale, size, expected):
    assert output_size(code, scale, size) == expected


@pytest.mark.parametrize(
    ("code", "scale", "size"),
    [
        ((10, 10), 0.029, None),
        ((10, 10), 64.1, None),
        ((10, 10), float("nan"), None),
        ((10, 10), 1, (0, 5)),
        ((10, 10), 1, (10, 661)),
        ((8000, 8000), 2, None),
        ((5000, 5000), 2.1, None),
    ],
)
def test_output_size_has_limits(code, scale, size):
    with pytest.raises(LimitError):
        output_size(code, scale, size)


def test_padding_continues_by_half_sample_symmetry():
    picture = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    padded = (pad_to_cells(picture, 4)[0] * 255).round().numpy().astype(int)
    assert padded.shape == (3, 4, 8)
    np.testing.assert_array_equal(padded[:, 3], padded[:, 2])
    np.testing.assert_array_equal(padded[:, :3, 5:], picture.transpose(2, 0, 1)[:, :, :1:-1])


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (17, 3), (16, 24), (33, 50)])
def test_pictures_of_any_size_come_back_in_that_size(tiny, smooth, size):
    data = nccodec.encode(smooth(*size), 60, tiny)
    assert nccodec.decode(data, weights=tiny).size == (size[1], size[0])
    assert nccodec.info(data)["width"] == size[1]


def test_grey_pictures_stay_grey(tiny, smooth):
    data = nccodec.encode(smooth(20, 30).convert("L"), 50, tiny)
    assert nccodec.info(data)["grey"] is True
    assert nccodec.decode(data, weights=tiny).mode == "L"


def test_atoms_of_an_orthonormal_basis_reconstruct_what_they_span(tiny):
    """With orthonormal blocks as atoms, their transpose as analysis and fine steps, a picture in their
    span comes back within the quantizer's error."""
    from nccodec.neural.architecture import Architecture
    from nccodec.neural.model import Collage

    torch.manual_seed(0)
    a = Architecture(range_size=4, kernel=6, atoms=48, domains=0, width=8, blocks=1, lambdas=(0.1, 1.0))
    model = Collage(a)
    basis = torch.linalg.qr(torch.randn(48, 48)).Q.reshape(48, 3, 4, 4)
    model.start_at(basis)
    picture = torch.rand(1, 3, 12, 20)
    with torch.no_grad():
        gain = torch.full((48, 1, 1), 1000.0)
        q = quantize(model.encode(picture) * gain, 0.0)
        assert (model.decode(q / gain) - picture).abs().max() < 0.5 / 1000 * 48**0.5


def test_levels_interpolate_gains_in_the_log_domain(tiny):
    model = weights_files.load(tiny).model()
    low, high = model.log_gain.exp()
    torch.testing.assert_close(model.gain(0.0), low)
    torch.testing.assert_close(model.gain(1.0), high)
    torch.testing.assert_close(model.gain(0.5), (low * high).sqrt())


def test_a_code_survives_the_file_whatever_the_packer(tiny, smooth):
    picture = smooth(30, 41)
    decoded = [
        np.asarray(nccodec.decode(nccodec.encode(picture, 80, tiny, packer), weights=tiny))
        for packer in ("range", "fixed")
    ]
    np.testing.assert_array_equal(*decoded)


def test_every_scale_is_the_area_mean_of_a_finer_one(tiny):
    weights = weights_files.load(tiny)
    random = np.random.default_rng(8)
    atoms = random.integers(-1, 2, (6, 8, 12)).astype(np.int32)
    scales = random.integers(-1, 2, (4, 8, 12)).astype(np.int32)
    code = CollageCode(32, 48, False, 256, 4, weights.fingerprint, atoms, scales)
    decoded = {scale: synthesise(code, weights, scale).astype(float) for scale in (0.25, 0.5, 1, 2, 4)}
    for fine, coarse in ((0.5, 0.25), (1, 0.5), (1, 0.25), (2, 1), (4, 1), (4, 0.25)):
        a, b = decoded[fine], decoded[coarse]
        factor = int(fine / coarse)
        assert a.min() > 0 and a.max() < 255, "clipping would hide the property"
        means = a.reshape(b.shape[0], factor, b.shape[1], factor, 3).mean((1, 3))
        assert np.abs(means - b).max() <= 1
    assert not np.array_equal(decoded[1], synthesise(code.without_self_reference(), weights))


def test_library_refuses_what_it_cannot_hold(tiny, smooth):
    with pytest.raises(LimitError, match="quality"):
        nccodec.encode(smooth(8, 8), 101, tiny)
    with pytest.raises(LimitError, match="packer"):
        nccodec.encode(smooth(8, 8), 50, tiny, "zip")
    with pytest.raises(WeightsError, match="no weights named"):
        nccodec.encode(smooth(8, 8), 50, "nothing")
    with pytest.raises(nccodec.NclError, match="transparency"):
        nccodec.encode(Image.new("RGBA", (4, 4), (1, 2, 3, 4)), 50, tiny)
    assert issubclass(CollageError, nccodec.NclError)
