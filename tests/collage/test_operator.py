"""The operator against index formulas and literal loops; what takes part and what does not."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from nccodec.collage.fixed_point import fixed_point, self_reference
from nccodec.collage.operator import (
    Form,
    SelfReference,
    isometry,
    neighbour_domains,
    overlap_add,
    pad_symmetric,
    tile_view,
)
from nccodec.errors import CollageError
from nccodec.training.start import lapped

# Where element (i, j) of the turned n x n block comes from.
SOURCES = (
    lambda i, j, n: (i, j),
    lambda i, j, n: (j, n - 1 - i),
    lambda i, j, n: (n - 1 - i, n - 1 - j),
    lambda i, j, n: (n - 1 - j, i),
    lambda i, j, n: (j, i),
    lambda i, j, n: (n - 1 - i, j),
    lambda i, j, n: (n - 1 - j, n - 1 - i),
    lambda i, j, n: (i, n - 1 - j),
)
TURNED = (
    [[1, 2], [3, 4]],
    [[2, 4], [1, 3]],  # a quarter turn counter-clockwise
    [[4, 3], [2, 1]],
    [[3, 1], [4, 2]],
    [[1, 3], [2, 4]],  # the transposed block
    [[3, 4], [1, 2]],  # and then turned
    [[4, 2], [3, 1]],
    [[2, 1], [4, 3]],
)


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("number", range(8))
def test_isometries_are_numbered_as_the_format_says(number):
    assert isometry(torch.tensor([[1, 2], [3, 4]]), number).tolist() == TURNED[number]
    block = torch.rand(2, 3, 5, 5, generator=generator(number))
    turned = isometry(block, number)
    for i in range(5):
        for j in range(5):
            y, x = SOURCES[number](i, j, 5)
            assert torch.equal(turned[..., i, j], block[..., y, x])


def test_the_eight_isometries_are_the_whole_group():
    """Eight different matrices, and any two in a row are again one of them."""
    block = torch.tensor([[1, 2], [3, 4]])
    once = {tuple(isometry(block, n).flatten().tolist()) for n in range(8)}
    twice = {tuple(isometry(isometry(block, m), n).flatten().tolist()) for m in range(8) for n in range(8)}
    assert len(once) == 8
    assert twice == once


@pytest.mark.parametrize("pooling", [2, 3])
def test_neighbour_domains_are_clamped_to_the_grid(pooling):
    offsets = [(0, 0), (-1, -1), (2, -3), (-9, 9)]
    top, left = neighbour_domains(4, 6, offsets, pooling)
    assert top.dtype == left.dtype == np.int64
    assert top.shape == left.shape == (4, 4, 6)
    for k, (dy, dx) in enumerate(offsets):
        for i in range(4):
            for j in range(6):
                assert top[k, i, j] == min(max(i + dy, 0), 4 - pooling)
                assert left[k, i, j] == min(max(j + dx, 0), 6 - pooling)


@pytest.mark.parametrize(("rows", "columns", "pooling"), [(1, 5, 2), (5, 1, 2), (1, 1, 2), (2, 3, 3), (3, 2, 3)])
def test_a_grid_smaller_than_a_domain_has_none(rows, columns, pooling):
    with pytest.raises(CollageError, match="holds no"):
        neighbour_domains(rows, columns, [(0, 0)], pooling)


def test_a_grid_of_one_domain_gives_it_to_every_cell():
    top, left = neighbour_domains(2, 2, [(0, 0), (1, -1)])
    assert top.tolist() == left.tolist() == [[[0, 0], [0, 0]]] * 2


def added(coefficients: np.ndarray, atoms: np.ndarray, b: int) -> np.ndarray:
    """Every sample of every atom, centred on its cell, put down on the canvas or on what it mirrors."""
    n, count, rows, columns = coefficients.shape
    channels, k = atoms.shape[1:3]
    margin = (k - b) // 2
    canvas = np.zeros((n, channels, rows * b, columns * b))

    def mirrored(place: int, size: int) -> int:
        return -1 - place if place < 0 else 2 * size - 1 - place if place >= size else place

    for picture in range(n):
        for i in range(rows):
            for j in range(columns):
                for a in range(count):
                    for y in range(k):
                        for x in range(k):
                            value = coefficients[picture, a, i, j] * atoms[a, :, y, x]
                            row, column = (
                                mirrored(i * b + y - margin, rows * b),
                                mirrored(j * b + x - margin, columns * b),
                            )
                            canvas[picture, :, row, column] += value
    return canvas


def averaged(z: np.ndarray, factor: int) -> np.ndarray:
    out = np.zeros((*z.shape[:2], z.shape[2] // factor, z.shape[3] // factor))
    for y in range(z.shape[2]):
        for x in range(z.shape[3]):
            out[:, :, y // factor, x // factor] += z[:, :, y, x] / factor**2
    return out


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("b", "k"), [(4, 4), (4, 6), (16, 24), (4, 12), (2, 8), (5, 7)])
def test_overlap_add_puts_each_atom_on_its_cell(b, k, channels):
    coefficients = torch.randn(2, 3, 2, 3, generator=generator(k), dtype=torch.float64)
    atoms = torch.randn(3, channels, k, k, generator=generator(b), dtype=torch.float64)
    expected = added(coefficients.numpy(), atoms.numpy(), b)
    assert np.abs(overlap_add(coefficients, atoms, b).numpy() - expected).max() < 1e-12
    reductions = [2**n for n in range(1, b.bit_length())] if b & (b - 1) == 0 else []
    for reduction in reductions:
        reduced = overlap_add(coefficients, atoms, b, reduction)
        assert reduced.shape == (2, channels, 2 * b // reduction, 3 * b // reduction)
        assert np.abs(reduced.numpy() - averaged(expected, reduction)).max() < 1e-12


def test_padding_is_symmetric_by_half_samples():
    z = torch.randn(2, 3, 4, 6, generator=generator(9))
    for margin in (0, 1, 4):
        expected = np.pad(z.numpy(), ((0, 0), (0, 0), (margin,) * 2, (margin,) * 2), "symmetric")
        np.testing.assert_array_equal(pad_symmetric(z, margin).numpy(), expected)


@pytest.mark.parametrize("kernel", [4, 6, 8, 12])
def test_a_lapped_orthonormal_basis_spans_all_pictures_up_to_their_edges(kernel):
    """Analysed by its transpose, continued by symmetry, and put together again."""
    basis = torch.linalg.qr(torch.randn(48, 48, generator=generator(10), dtype=torch.float64)).Q
    atoms = lapped(basis.reshape(48, 3, 4, 4), kernel)
    picture = torch.randn(2, 3, 8, 12, generator=generator(11), dtype=torch.float64)
    coefficients = F.conv2d(pad_symmetric(picture, (kernel - 4) // 2), atoms, stride=4)
    torch.testing.assert_close(overlap_add(coefficients, atoms, 4), picture)
    assert abs(coefficients.square().sum() / picture.square().sum() - 1) < (0.3 if kernel > 4 else 1e-9)


@pytest.mark.parametrize("reduction", [1, 2])
def test_overlap_add_has_the_gradients_of_finite_differences(reduction):
    coefficients = torch.randn(2, 2, 2, 3, generator=generator(1), dtype=torch.float64, requires_grad=True)
    atoms = torch.randn(2, 3, 4, 4, generator=generator(2), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda c, a: overlap_add(c, a, 2, reduction), (coefficients, atoms))


def test_tile_view_shares_memory_and_finds_the_tiles():
    z = torch.arange(2 * 3 * 4 * 6).reshape(2, 3, 4, 6)
    tiles = tile_view(z, 2)
    assert tiles.shape == (2, 2, 3, 3, 2, 2)
    for i in range(2):
        for j in range(3):
            assert torch.equal(tiles[:, i, j], z[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2])
    tiles[1, 1, 2] = -1
    assert int((z == -1).sum()) == 3 * 4
    assert (z[1, :, 2:, 4:] == -1).all()


def sparse(weight: torch.Tensor) -> SelfReference:
    """Cells of 4 pixels on a grid of 6 x 7; the domains of both terms start at cell (0, 0), resp. (4, 5)."""
    top = torch.tensor([0, 4 * 4])[:, None, None]
    left = torch.tensor([0, 5 * 4])[:, None, None]
    return self_reference(weight, top, left, range_size=4, form=Form.CENTRED)


@pytest.mark.parametrize("per_channel", [False, True])
def test_cells_without_self_reference_cost_nothing(monkeypatch, per_channel):
    """Three terms of 168: only the tiles that they read or write are taken out and stepped."""
    shape = (2, 2, 3, 6, 7) if per_channel else (2, 2, 6, 7)
    weight = torch.zeros(shape, dtype=torch.float64)
    tail = (1,) if per_channel else ()  # for one of the three channels only
    weight[(0, 0, *tail, 2, 3)] = 0.7
    weight[(1, 1, *tail, 1, 1)] = -2
    weight[(1, 1, *tail, 4, 5)] = 1.3  # written where it is read
    reference = sparse(weight)
    assert len(reference) == 3
    taken, stepped = [], []
    take, step = SelfReference.take, SelfReference.step

    def spied_take(self, z, side):
        taken.append(take(self, z, side))
        return taken[-1]

    def spied_step(self, tiles, affine):
        stepped.append(len(tiles))
        return step(self, tiles, affine)

    monkeypatch.setattr(SelfReference, "take", spied_take)
    monkeypatch.setattr(SelfReference, "step", spied_step)
    affine = torch.rand(2, 3, 24, 28, generator=generator(5), dtype=torch.float64)
    before = affine.clone()
    z = fixed_point(affine, reference)
    # First picture: 4 cells read, 1 written. Second: 4 read, of which 1 is written, and 1 written.
    assert {len(tiles) for tiles in taken} == set(stepped) == {10}
    assert len(stepped) == 3
    assert torch.equal(affine, before)
    changed = tile_view((z != affine).double(), 4).amax((-1, -2, -3)).nonzero().tolist()
    assert changed == [[0, 2, 3], [1, 1, 1], [1, 4, 5]]
    if per_channel:
        assert torch.equal(z[:, [0, 2]], affine[:, [0, 2]])
    monkeypatch.undo()
    start = affine + torch.rand(affine.shape, generator=generator(6), dtype=torch.float64)
    assert torch.allclose(fixed_point(affine, reference, start=start), z, rtol=0, atol=1e-12)


def test_without_terms_the_affine_part_itself_is_the_fixed_point():
    reference = sparse(torch.zeros(1, 2, 6, 7))
    affine = torch.rand(1, 3, 24, 28, generator=generator(7))
    assert len(reference) == 0
    assert fixed_point(affine, reference) is affine
    assert fixed_point(affine, reference, steps=5, start=affine + 1) is affine


def test_zeros_can_be_kept():
    weight = torch.zeros(1, 2, 6, 7)
    weight[0, 1, 3, 2] = 1
    kept = self_reference(weight, torch.tensor(0), torch.tensor(0), range_size=4, form=Form.CENTRED, keep_zeros=True)
    assert len(kept) == 84
    assert len(sparse(weight)) == 1


@pytest.mark.parametrize(("corners", "unit"), [([0, 8, 16], 8), ([4, 8, 16], 4), ([6, 12, 0], 2), ([0, 5, 10], 1)])
def test_tiles_are_as_large_as_all_corners_allow(corners, unit):
    """The largest square that divides the cells and every corner; the addresses of unused terms do not count."""
    weight = torch.full((1, 4, 4, 5), 0.2)
    weight[:, 3] = 0
    top = torch.tensor([*corners, 3])[:, None, None]
    left = torch.tensor([0, *corners[:2], 7])[:, None, None]
    assert self_reference(weight, top, left, range_size=8, form=Form.PLAIN).unit == unit


def test_taking_and_putting_back_leaves_everything_in_place():
    weight = torch.zeros(1, 2, 6, 7)
    weight[0, 1, 0, 2] = 1
    reference = sparse(weight)
    z = torch.rand(1, 3, 24, 28, generator=generator(8))
    tiles = reference.take(z, 4)
    corners = [(0, 2), (4, 5), (4, 6), (5, 5), (5, 6)]  # in raster order: the cell, then its domain
    for tile, (i, j) in zip(tiles, corners, strict=True):
        assert torch.equal(tile, z[0, :, 4 * i : 4 * i + 4, 4 * j : 4 * j + 4])
    assert torch.equal(reference.put(z, tiles), z)
    negated = reference.put(z, -tiles)
    assert int((negated != z).sum()) == int((negated == -z).sum()) == 5 * 3 * 16
