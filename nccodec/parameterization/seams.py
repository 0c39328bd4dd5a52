"""Seams of a texture: how much its colours jump where it is cut, beside how much they change elsewhere."""

import numpy as np
import torch

from .meshes import Mesh
from .views import sample

_PLACES = 8  # along each edge
_FLAT = 1e-9  # of a mean square: what is less is rounding
_TEXELS = 1.5  # on either side of an edge, at least: no sample there has a texel of the other side


def edges(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Edges between two faces. Returns sides, int64 [e, 2, 3]: of either face its number and the corners, 0 to 2, at an
    edge's first and second end; and cut, bool [e], whether the texture is cut there. Edges of more faces than two, or
    of one, are left out."""
    places = mesh.welded()
    face = np.repeat(np.arange(len(mesh.faces)), 3)
    first, second = np.tile([0, 1, 2], len(mesh.faces)), np.tile([1, 2, 0], len(mesh.faces))
    ends = np.stack([places[mesh.faces[face, first]], places[mesh.faces[face, second]]], 1)
    turned = ends[:, 0] > ends[:, 1]
    corners = np.where(turned[:, None], np.stack([second, first], 1), np.stack([first, second], 1))
    _, number, count = np.unique(np.sort(ends, 1), axis=0, return_inverse=True, return_counts=True)
    number = number.reshape(-1)
    order = np.argsort(number, kind="stable")
    order = order[(count == 2)[number[order]]]
    sides = np.concatenate([face[:, None], corners], 1)[order].reshape(-1, 2, 3)
    uv = mesh.uv[mesh.faces[sides[:, :, :1], sides[:, :, 1:]]]  # [e, 2 faces, 2 ends, 2]
    return sides, np.abs(uv[:, 0] - uv[:, 1]).max((1, 2)) > 1e-6


def seam_ratio(mesh: Mesh, texture: np.ndarray) -> float | None:
    """The root mean square of the step in colour across cuts, over that across other edges at the same distance: 1 for
    what has no seams. texture: float or uint8 [h, w, 3]. Steps are between places as far from the edge on either side,
    along the surface, as _TEXELS texels are on average. None for a mesh without cuts, or with faces smaller than that,
    and for a texture of one colour."""
    sides, cut = edges(mesh)
    steps, kept = _steps(mesh, sides, np.asarray(texture, np.float64))
    of_cuts, of_others = steps[kept & cut[:, None]], steps[kept & ~cut[:, None]]
    if not len(of_cuts) or not len(of_others) or of_others.mean() < _FLAT:
        return None
    return float(np.sqrt(of_cuts.mean() / of_others.mean()))


def _steps(mesh: Mesh, sides: np.ndarray, texture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared steps [e, places], and which of them are between places that are on both faces, bool [e, places]."""
    distance = _TEXELS * _texel(mesh, texture.shape[:2])
    along = (np.arange(_PLACES) + 0.5) / _PLACES
    picture = torch.from_numpy(np.ascontiguousarray(texture)).permute(2, 0, 1)[None]
    colours, kept = [], np.ones((len(sides), _PLACES), bool)
    for side in (0, 1):
        face, first, second = sides[:, side].T
        corners = mesh.faces[face[:, None], np.stack([first, second, 3 - first - second], 1)]  # the third is opposite
        a, b, c = np.moveaxis(mesh.vertices[corners], 1, 0)
        length = np.linalg.norm(b - a, axis=1)
        height = np.linalg.norm(np.cross(b - a, c - a), axis=1) / length
        foot = ((c - a) * (b - a)).sum(1) / length**2  # of the opposite corner, in lengths of the edge
        into = distance / height  # the weight of that corner
        at_b = along - (into * foot)[:, None]
        weights = np.stack([1 - into[:, None] - at_b, at_b, np.broadcast_to(into[:, None], at_b.shape)], 2)
        kept &= (weights >= 0).all(2)
        uv = (weights[:, :, :, None] * mesh.uv[corners][:, None]).sum(2)  # [e, places, 2]
        colours.append(sample(picture, torch.from_numpy(uv.reshape(-1, 2))).T.numpy().reshape(*kept.shape, -1))
    return np.square(colours[0] - colours[1]).mean(2), kept


def _texel(mesh: Mesh, size: tuple[int, int]) -> float:
    """The side of a texel on the surface: the root of what areas there are of a texel's area in the texture."""
    corners, flat = mesh.vertices[mesh.faces], mesh.uv[mesh.faces]
    surface = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
    (ax, ay), (bx, by) = np.moveaxis(flat[:, 1] - flat[:, 0], -1, 0), np.moveaxis(flat[:, 2] - flat[:, 0], -1, 0)
    texels = np.abs(ax * by - ay * bx).sum() * size[0] * size[1]
    return float(np.sqrt(surface / texels))
