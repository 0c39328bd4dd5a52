"""Parameterizations: what they show is what their files show, they start where they should, and their gradients lead
somewhere."""

import math

import numpy as np
import pytest
import torch

import nccodec
from nccodec.errors import LimitError
from nccodec.parameterization.files import decoded, files_of, samples, tensor_of
from nccodec.parameterization.fourier import Fourier, amplitudes
from nccodec.parameterization.kinds import NAMES, STARTING, make
from nccodec.parameterization.parameters import COLOURS, Canvas, Within, coloured, planes_of

SIZES = {"width": 40, "height": 36}
OWN = {"cppn": "implicit network", "collage": "collage", "whole": "whole-image map"}


def moved(name: str, canvas: Canvas, deviation: float):
    """A parameterization some way from its start."""
    made, random = make(name, canvas), torch.Generator().manual_seed(1)
    with torch.no_grad():
        for values in made.parameters:
            values += deviation * torch.randn(values.shape, generator=random)
    return made


@pytest.mark.parametrize("name", NAMES)
def test_all_have_one_interface(name):
    canvas = Canvas(**SIZES, frames=2, alpha=True, seed=4)
    made = make(name, canvas)
    picture = made.picture().detach()
    assert picture.shape == (2, 4, 36, 40) and picture.dtype == torch.float32
    assert float(picture.min()) >= 0 and float(picture.max()) <= 1
    assert all(values.is_leaf and values.requires_grad for values in made.parameters) and made.rate > 0
    away = moved(name, canvas, 0.1)
    away.picture().square().sum().backward()
    assert all(float(values.grad.abs().sum()) > 0 for values in away.parameters)
    assert torch.equal(make(name, canvas).picture(), picture)
    assert not torch.equal(make(name, Canvas(**SIZES, seed=5)).parameters[0], make(name, Canvas(**SIZES)).parameters[0])


@pytest.mark.parametrize("name", NAMES)
def test_gradients_lead_to_a_wanted_picture(name):
    """Twenty of Adam's steps bring a red picture to less than half of the error."""
    made = make(name, Canvas(**SIZES))
    wanted = torch.tensor([0.8, 0.3, 0.3])[:, None, None].expand(3, 36, 40)
    optimizer, errors = torch.optim.Adam(made.parameters, 2 * made.rate), []
    for _ in range(21):
        optimizer.zero_grad()
        error = (made.picture()[0] - wanted).square().mean()
        error.backward()
        optimizer.step()
        errors.append(float(error.detach()))
    assert min(errors) < errors[0] / 2


@pytest.mark.parametrize(("name", "db"), [("cppn", 36), ("collage", 33), ("whole", 36)])
def test_the_file_shows_what_was_optimised(name, db):
    made = moved(name, Canvas(**SIZES), 0.3)
    (data,) = files_of(made, 75)
    assert nccodec.info(data)["kind"] == OWN[name]
    error = (decoded(data) - made.picture()).square().mean()
    assert -10 * math.log10(float(error.detach())) > db
    nccodec.test(data)


def test_a_picture_alone_is_kept_as_a_collage_with_its_transparency():
    made = moved("fourier", Canvas(**SIZES, alpha=True), 0.3)
    (data,) = files_of(made, 90)
    assert nccodec.info(data)["kind"] == "collage"
    assert np.array_equal(np.asarray(nccodec.decode(data).getchannel("A")), samples(made.picture()[0])[:, :, 3])
    made = moved("whole", Canvas(**SIZES, alpha=True), 0.3)
    (data,) = files_of(made)
    assert nccodec.info(data)["kind"] == OWN["whole"]
    assert np.array_equal(np.asarray(nccodec.decode(data).getchannel("A")), samples(made.picture()[0])[:, :, 3])


def test_frames_become_files_of_their_own():
    files = files_of(make("cppn", Canvas(**SIZES, frames=2)))
    assert [nccodec.info(data)["kind"] for data in files] == ["collage"] * 2


def test_a_cppn_is_the_same_function_at_any_size():
    """Its file at 4x is what the same numbers are on four times as many places."""
    small, large = moved("cppn", Canvas(24, 30), 0.05), make("cppn", Canvas(96, 120))
    (data,) = files_of(small, 100)
    for values, others in zip(large.parameters, small.parameters, strict=True):
        values.data = others.data
    error = (tensor_of(nccodec.decode(data, 4)) - large.picture()).square().mean()
    assert -10 * math.log10(float(error.detach())) > 45


@pytest.mark.parametrize(("name", "db"), [("pixels", 60), ("fourier", 60), ("collage", 34)])
def test_those_that_can_start_from_a_picture(name, db, smooth):
    start = tensor_of(smooth(36, 40))[0]
    assert name in STARTING
    picture = make(name, Canvas(**SIZES), start).picture()[0]
    assert -10 * math.log10(float((picture - start.clamp(0.004, 0.996)).square().mean().detach())) > db
    with pytest.raises(LimitError, match="a start of 39 x 36 pixels for 40 x 36"):
        make(name, Canvas(**SIZES), start[:, :, 1:])


@pytest.mark.parametrize("name", ["cppn", "whole"])
def test_those_that_cannot(name):
    with pytest.raises(LimitError, match="cannot start from a picture"):
        make(name, Canvas(**SIZES), torch.zeros(3, 36, 40))
    with pytest.raises(LimitError, match="'voxels' is none of pixels, fourier"):
        make("voxels", Canvas(**SIZES))


@pytest.mark.parametrize("size", [(16, 24), (9, 15)])
def test_amplitudes_fall_as_one_over_frequency_and_make_unit_variance(size):
    scale = amplitudes(*size)
    assert scale[0, 2] / scale[0, 4] == pytest.approx(2)
    assert scale[2, 0] / scale[0, 3] == pytest.approx(3 / size[1] / (2 / size[0]))  # in cycles a pixel
    # Exactly: each parameter's share of the variance of a pixel, by the transform of one at a time.
    total = 0.0
    for place in np.ndindex(*scale.shape):
        for unit in (1, 1j):
            spectrum = torch.zeros(scale.shape, dtype=torch.complex64)
            spectrum[place] = unit * scale[place]
            total += float(torch.fft.irfft2(spectrum, s=size, norm="ortho").square().mean())
    assert 0.85 < total <= 1.0001  # some imaginary parts are not seen
    wave = Fourier(Canvas(*size))
    with torch.no_grad():
        wave.parameters[0].zero_()
        wave.parameters[0][0, 0, 0, 1, 0] = 1.0
        planes = planes_of(wave.picture())[0, 0]
    expected = torch.cos(2 * math.pi * torch.arange(size[1]) / size[1]).expand(size)
    torch.testing.assert_close(planes / planes.max(), expected, rtol=0, atol=2e-4)


def test_colours_do_not_correlate_in_planes():
    planes = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    picture = coloured(planes)
    torch.testing.assert_close(picture.logit(), torch.einsum("ncyx,cd->ndyx", planes, COLOURS), rtol=0, atol=1e-4)
    torch.testing.assert_close(coloured(planes_of(picture)), picture.clamp(0.004, 0.996), rtol=0, atol=1e-4)
    products = COLOURS @ COLOURS.T  # axes of a symmetric matrix are at right angles
    assert float((products - products.diag().diag()).abs().max()) < 0.003


def test_frames_share_their_coarse_part():
    made = make("pixels", Canvas(**SIZES, frames=3))
    own, *shared = made.parameters
    assert [tuple(grid.shape) for grid in shared] == [(1, 3, 9, 10), (1, 3, 5, 5), (1, 3, 3, 3)]
    with torch.no_grad():
        own.zero_()
        for grid in shared:
            grid.fill_(0.1)
    torch.testing.assert_close(made.picture().logit(), torch.full((3, 3, 36, 40), 0.3))


def test_gradients_at_the_ends_of_what_can_be_shown():
    values = torch.tensor([-0.5, -0.5, 0.5, 1.5, 1.5], requires_grad=True)
    shown = Within.apply(values)
    (shown * torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0])).sum().backward()
    assert shown.tolist() == [0, 0, 0.5, 1, 1]
    assert values.grad.tolist() == [0, -1, 1, 1, 0]  # a step against the gradient is what counts
