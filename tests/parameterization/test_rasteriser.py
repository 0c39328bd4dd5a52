"""What pixels show, against rays in float64."""

import numpy as np
import pytest

from nccodec.parameterization import rasteriser
from nccodec.parameterization.meshes import Mesh, sphere, torus
from nccodec.parameterization.rasteriser import Camera, rasterise

SIDE = 40


def rays(camera: Camera, side: int = SIDE) -> np.ndarray:
    """Directions through the middles of pixels, row by row: float64 [side^2, 3], of length 1."""
    row, column = np.divmod(np.arange(side * side), side)
    x, y = (2 * (column + 0.5) / side - 1), (1 - 2 * (row + 0.5) / side)
    wide = np.tan(np.radians(camera.field) / 2)
    directions = np.stack([x * wide, y * wide, -np.ones(side * side)], 1) @ camera.axes()
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def hits(camera: Camera, mesh: Mesh, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """Of every ray and face: the distance [n, f], infinite where they do not meet, and weights of corners [n, f, 3] (T.
    Moller and B. Trumbore, 1997)."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces], 1, 0)
    d, origin = rays(camera, side)[:, None], np.asarray(camera.position)
    p, q = np.cross(d, c - a), np.cross(origin - a, b - a)
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / (p * (b - a)).sum(-1)
        u, v = (p * (origin - a)).sum(-1) * inverse, (d * q).sum(-1) * inverse
        t = ((c - a) * q).sum(-1) * inverse
    inside = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    return np.where(inside, t, np.inf), np.stack([1 - u - v, u, v], -1)


CAMERAS = (Camera((0.4, 1.1, 2.2)), Camera((-1.7, -1.3, -0.5), 60, 33), Camera((0, 2.5, 0)))


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("mesh", [torus(12, 7), sphere(9, 6)])
def test_pixels_show_what_rays_meet_first(camera, mesh):
    fragments = rasterise(mesh, camera, SIDE)
    distance, weights = hits(camera, mesh)
    shown = np.flatnonzero(np.isfinite(distance).any(1))
    np.testing.assert_array_equal(fragments.pixels, shown)
    first = distance[shown].argmin(1)
    assert (fragments.faces == first).mean() > 0.99  # rays along an edge meet two
    same = fragments.faces == first
    np.testing.assert_allclose(fragments.weights[same], weights[shown, first][same], atol=1e-9)


def test_longitude_and_latitude_of_a_ball():
    """A fine sphere against the ball's own equation: the silhouette, and UV where they do not wrap."""
    camera = CAMERAS[0]
    mesh = sphere(192, 96)
    fragments = rasterise(mesh, camera, SIDE)
    d, origin = rays(camera), np.asarray(camera.position)
    along = -(d @ origin)
    room = 1 - (origin @ origin - along**2)
    shown = np.flatnonzero(room > 0)
    assert len(np.setxor1d(shown, fragments.pixels)) <= 4  # of pixels at the very edge
    pixels = fragments.pixels[room[fragments.pixels] > 0.05]
    place = origin + d[pixels] * (along - np.sqrt(room.clip(0)))[pixels, None]
    expected = np.stack(
        [np.arctan2(place[:, 0], place[:, 2]) / (2 * np.pi) % 1, np.arcsin(place[:, 1]) / np.pi + 0.5], 1
    )
    found = fragments.of(mesh.uv, mesh.faces)[np.isin(fragments.pixels, pixels)]
    apart = np.abs(found - expected)
    apart[:, 0] = np.minimum(apart[:, 0], 1 - apart[:, 0])
    assert np.percentile(apart, 98) < 0.003 and apart[expected[:, 1] < 0.9].max() < 0.005


def test_a_face_by_hand():
    """At depth 2 with 90 degrees, one unit is a quarter of 8 pixels: x from 0 to 1 is columns 4 and 5."""
    mesh = Mesh(np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]]), np.zeros((3, 2)), np.array([[0, 1, 2]]))
    fragments = rasterise(mesh, Camera((0, 0, 2), 90), 8)
    assert fragments.pixels.tolist() == [2 * 8 + 4, 3 * 8 + 4, 3 * 8 + 5]
    # Middles of pixels are at x = 1/4 and 3/4, y = 3/4, 1/4, 1/4. Two are on the edge between the other corners.
    np.testing.assert_allclose(fragments.weights, [[0, 0.25, 0.75], [0.5, 0.25, 0.25], [0, 0.75, 0.25]], atol=1e-12)


def test_the_nearer_counts_from_either_side():
    corners = np.array([[-1.0, -1, 0], [1, -1, 0], [0, 1, 0]])
    mesh = Mesh(np.concatenate([corners, np.add(corners, (0, 0, 0.5))]), np.zeros((6, 2)), np.arange(6).reshape(2, 3))
    assert set(rasterise(mesh, Camera((0, 0, 3)), 9).faces) == {1}
    behind = rasterise(mesh, Camera((0, 0, -3)), 9)
    assert behind.faces[np.searchsorted(behind.pixels, 4 * 9 + 4)] == 0


def test_no_gap_between_faces_and_no_difference_in_parts(monkeypatch):
    """A square of many faces, seen from the front, is one block of pixels."""
    random, n = np.random.default_rng(0), 9
    x, y = np.meshgrid(np.linspace(-0.7, 0.7, n), np.linspace(-0.7, 0.7, n))
    for inner in (x, y):
        inner[1:-1, 1:-1] += random.uniform(-0.05, 0.05, (n - 2, n - 2))
    grid = np.arange(n * n).reshape(n, n)
    a, b, c, d = (part.reshape(-1) for part in (grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]))
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    mesh = Mesh(np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], 1), np.zeros((n * n, 2)), faces)
    whole = rasterise(mesh, Camera((0, 0, 2.2)), 64)
    row, column = np.divmod(whole.pixels, 64)
    assert len(whole.pixels) == (np.ptp(row) + 1) * (np.ptp(column) + 1) > 1000
    monkeypatch.setattr(rasteriser, "_AT_ONCE", 50)
    parts = rasterise(mesh, Camera((0, 0, 2.2)), 64)
    for name in ("pixels", "faces", "weights"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(parts, name))


def test_degenerate_faces_and_faces_outside_the_picture_show_nothing():
    places = np.array([[0.0, 0, 0], [0.5, 0, 0], [1, 0, 0], [0.9, 0.9, 0], [0.95, 0.9, 0], [0.9, 0.95, 0]])
    mesh = Mesh(places, np.zeros((6, 2)), np.array([[0, 1, 2], [0, 0, 0], [3, 4, 5]]))
    fragments = rasterise(mesh, Camera((0, 0, 3), 20), 16)
    assert len(fragments.pixels) == 0 and fragments.of(mesh.uv, mesh.faces).shape == (0, 2)


def test_behind_the_camera():
    with pytest.raises(ValueError, match="in front"):
        rasterise(sphere(8, 4), Camera((0, 0, 0.5)), 8)
