"""From pictures to codes: padding, quantization, sizes, and what the library refuses."""

import numpy as np
import pytest
import torch

import nccodec
from nccodec import code
from nccodec.collage.device import choose_device
from nccodec.errors import CollageError, LimitError, WeightsError
from nccodec.neural import weights as weights_files
from nccodec.neural.analysis import Analysis
from nccodec.neural.architecture import Architecture
from nccodec.neural.tile import Tile, pad_to_cells, quantize
from nccodec.training.networks import TrainedCollage
from nccodec.training.start import lapped


def test_quantize_rounds_the_means_and_spares_the_rest():
    x = torch.tensor([0.4, 0.5, -0.6, 1.69, -1.71, 40000.0])
    q = quantize(x.expand(5, 6).reshape(1, 5, 1, 6).contiguous(), 0.2)
    assert q[0, 0, 0].tolist() == q[0, 2, 0].tolist() == [0, 1, -1, 2, -2, 32767]
    assert q[0, 3, 0].tolist() == q[0, 4, 0].tolist() == [0, 0, 0, 1, -2, 32767]


def test_quantize_with_a_dead_zone_for_each_picture():
    x = torch.full((2, 4, 1, 1), 0.6)
    assert quantize(x, torch.tensor([0.05, 0.2])[:, None, None, None]).flatten(1).tolist() == [[1] * 4, [1] * 3 + [0]]


def test_padding_continues_by_half_sample_symmetry():
    picture = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3)
    padded = (pad_to_cells(picture, 4)[0] * 255).round().astype(int)
    assert padded.shape == (3, 4, 8)
    np.testing.assert_array_equal(padded[:, 3], padded[:, 2])
    np.testing.assert_array_equal(padded[:, :3, 5:], picture.transpose(2, 0, 1)[:, :, :1:-1])


@pytest.mark.parametrize("effort", [0, 1, 3])
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (17, 3), (16, 24), (33, 50)])
def test_pictures_of_any_size_come_back_in_that_size(tiny, smooth, size, effort):
    data = nccodec.encode(smooth(*size), 60, effort, weights=tiny)
    assert nccodec.decode(data, weights=tiny).size == (size[1], size[0])
    assert nccodec.info(data)["width"] == size[1]


def test_grey_pictures_stay_grey(tiny, smooth):
    data = nccodec.encode(smooth(20, 30).convert("L"), 50, weights=tiny)
    assert nccodec.info(data)["grey"] is True
    assert nccodec.decode(data, weights=tiny).mode == "L"


def test_a_single_pass_quantizes_with_the_dead_zone_of_the_level(tiny, smooth):
    """Dead zones 0.1 and 0.2 at the whole levels."""
    picture, found = smooth(24, 20), weights_files.load(tiny)
    analysis, tile = Analysis(picture, found), Tile(picture, found)
    for level, dead_zone in ((0, 0.1), (64, 0.125), (256, 0.2)):
        expected = quantize(tile.in_steps(level), dead_zone)[0]
        code = analysis.code(level)
        assert expected.any() and (code.level, code.grid) == (level, (6, 5))
        np.testing.assert_array_equal(np.concatenate([code.atoms, code.scales]), expected)


@pytest.mark.parametrize("kernel", [4, 6, 8, 10])
def test_atoms_of_a_lapped_orthonormal_basis_reconstruct_what_they_span(kernel):
    """With a lapped orthonormal basis as atoms, their transpose as analysis and fine steps, a picture comes back within
    the quantizer's error: new networks add nothing."""
    torch.manual_seed(0)
    a = Architecture(range_size=4, kernel=kernel, atoms=48, domains=0, width=8, depth=8, blocks=1, refinement=8)
    model = TrainedCollage(a)
    atoms = lapped(torch.linalg.qr(torch.randn(48, 48)).Q.reshape(48, 3, 4, 4), kernel)
    picture = torch.rand(1, 3, 12, 20)
    level = torch.tensor([2.5])
    with torch.no_grad():
        model["atoms"].copy_(atoms)
        model["analysis.weight"].copy_(atoms)
        model["log_gain"].fill_(float(np.log(1000.0)))
        scaled = model.in_steps(model.analyse(picture), level)
        difference = model.decode(model.dequantize(quantize(scaled, 0.0), level), level) - picture
    assert difference.abs().max() < 0.5 / 1000 * 48**0.5


def test_a_code_survives_the_file_whatever_the_packer(tiny, smooth):
    picture = smooth(30, 41)
    decoded = [
        np.asarray(nccodec.decode(nccodec.encode(picture, 80, weights=tiny, packer=packer), weights=tiny))
        for packer in ("range", "fixed")
    ]
    np.testing.assert_array_equal(*decoded)


def test_library_refuses_what_it_cannot_hold(tiny, smooth):
    with pytest.raises(LimitError, match="quality"):
        nccodec.encode(smooth(8, 8), 101, weights=tiny)
    with pytest.raises(LimitError, match="packer"):
        nccodec.encode(smooth(8, 8), 50, weights=tiny, packer="zip")
    with pytest.raises(WeightsError, match="no weights named"):
        nccodec.encode(smooth(8, 8), 50, weights="nothing")
    with pytest.raises(LimitError, match="not available"):
        choose_device("abacus")
    assert issubclass(CollageError, nccodec.NclError)


@pytest.mark.parametrize("size", [(31, 70), (70, 31)])
def test_a_picture_is_analysed_tile_by_tile_as_it_is_whole(tiny, smooth, monkeypatch, size):
    """With tiles of 9 cells, and 5 around that the network sees besides."""
    picture, found = smooth(*size), weights_files.load(tiny)
    whole = Tile(picture, found).in_steps(100)[0]
    monkeypatch.setattr(code, "TILE", 9)
    rows, columns = whole.shape[1:]
    assert len(code.tiles(rows, columns)) == 2
    for place in code.tiles(rows, columns):
        part = Tile(picture, found, place=place)
        np.testing.assert_allclose(part.in_steps(100)[0], whole[(slice(None), *place)], atol=1e-4)
    for effort, share in ((0, 0.999), (1, 0.95)):
        monkeypatch.undo()
        expected = Analysis(picture, found).code(100, effort).atoms
        monkeypatch.setattr(code, "TILE", 9)
        found_atoms = Analysis(picture, found).code(100, effort).atoms
        assert (found_atoms == expected).mean() > share


def test_pictures_of_several_tiles_survive_the_file(tiny, smooth, monkeypatch):
    def decoded(effort: int) -> np.ndarray:
        data = nccodec.encode(smooth(50, 40), effort=effort, weights=tiny, verify=True)
        return np.asarray(nccodec.decode(data, weights=tiny)).astype(int)

    whole = decoded(0)
    monkeypatch.setattr(code, "TILE", 5)
    assert np.abs(decoded(0) - whole).max() <= 1
    for effort in (1, 2):
        assert decoded(effort).shape == (50, 40, 3)
