"""Seams of a texture: how much its colours jump where it is cut, beside how much they change next to it."""

import numpy as np
import torch

from .meshes import Mesh
from .views import sample

_PLACES = 8  # along each edge
_THIN = 1e-9  # of lengths that are divided by
_FLAT = 1e-9  # of a mean square: what is less is rounding
_TEXELS = 1.5  # on either side of an edge: no sample there has a texel of the other side
_AWAY = 4.5  # of what such a sample is compared with on its own side, as far away as that on the other one


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


def cut_places(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Places along cuts, as either side has them in the texture: float64 [n, 2] twice. Cuts where the texture goes on
    by repeating are left out."""
    sides, cut = edges(mesh)
    ends = mesh.uv[mesh.faces[sides[cut][:, :, :1], sides[cut][:, :, 1:]]]  # [e, 2 faces, 2 ends, 2]
    moved = ends[:, 0] - ends[:, 1]
    ends = ends[np.abs(moved - moved.round()).max((1, 2)) > 1e-6]
    along = ((np.arange(_PLACES) + 0.5) / _PLACES)[:, None]
    first, second = (
        (side[:, None, 0] * (1 - along) + side[:, None, 1] * along).reshape(-1, 2) for side in (ends[:, 0], ends[:, 1])
    )
    return first, second


def seam_ratio(mesh: Mesh, texture: np.ndarray) -> float | None:
    """The root mean square of the step in colour across cuts, over that beside them, on either side, between places as
    far apart along the surface: 1 for what has no seams. texture: float or uint8 [h, w, 3]. None for a mesh without
    cuts, or whose faces at them are not some _AWAY texels deep, and for a texture of one colour.

    Steps across are between places _TEXELS average texels from the edge on either side; those beside, from there to as
    far again as both are apart."""
    sides, cut = edges(mesh)
    sides, near = sides[cut], _TEXELS * _texel(mesh, texture.shape[:2])
    picture = torch.from_numpy(np.array(texture, np.float64)).permute(2, 0, 1)[None]
    colours, kept = zip(
        *(
            _colours(mesh, sides[:, side], distance, picture)
            for side in (0, 1)
            for distance in (near, _AWAY / _TEXELS * near)
        ),
        strict=True,
    )
    across, *beside = (
        np.square(colours[a] - colours[b]).mean(2)[kept[a] & kept[b]] for a, b in ((0, 2), (0, 1), (2, 3))
    )
    beside = np.concatenate(beside)
    if not len(across) or not len(beside) or beside.mean() < _FLAT:
        return None
    return float(np.sqrt(across.mean() / beside.mean()))


def _colours(mesh: Mesh, side: np.ndarray, distance: float, picture: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Colours of places [e, _PLACES, 3] so far from edges, on one side, and which of them are on that face, bool [e,
    _PLACES]. side: int64 [e, 3], as of `edges`."""
    face, first, second = side.T
    corners = mesh.faces[face[:, None], np.stack([first, second, 3 - first - second], 1)]  # the third is opposite
    a, b, c = np.moveaxis(mesh.vertices[corners], 1, 0)
    length = np.maximum(np.linalg.norm(b - a, axis=1), _THIN)
    height = np.maximum(np.linalg.norm(np.cross(b - a, c - a), axis=1) / length, _THIN)
    foot = ((c - a) * (b - a)).sum(1) / length**2  # of the opposite corner, in lengths of the edge
    into = (distance / height)[:, None]  # the weight of that corner
    second = (np.arange(_PLACES) + 0.5) / _PLACES - into * foot[:, None]
    weights = np.stack([1 - into - second, second, np.broadcast_to(into, second.shape)], 2)
    uv = (weights[:, :, :, None] * mesh.uv[corners][:, None]).sum(2)  # [e, places, 2]
    found = sample(picture, torch.from_numpy(uv.reshape(-1, 2)))
    return found.T.numpy().reshape(*uv.shape[:2], 3), (weights >= 0).all(2)


def _texel(mesh: Mesh, size: tuple[int, int]) -> float:
    """The side of a texel on the surface: the root of what areas there are of a texel's area in the texture."""
    corners, flat = mesh.vertices[mesh.faces], mesh.uv[mesh.faces]
    surface = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
    (ax, ay), (bx, by) = np.moveaxis(flat[:, 1] - flat[:, 0], -1, 0), np.moveaxis(flat[:, 2] - flat[:, 0], -1, 0)
    texels = np.abs(ax * by - ay * bx).sum() * size[0] * size[1]
    return float(np.sqrt(surface / texels))
