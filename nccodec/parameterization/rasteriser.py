"""Which face of a mesh each pixel shows, and where on it: a z-buffer in numpy.

Gradients of a rendering reach the texture alone, so that this need not be differentiable: it is done once for a view.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .meshes import Mesh, cross

_AT_ONCE = 1 << 21  # pixels of bounding boxes that are looked at together
_NEAR = 1e-3  # of the closest that a vertex may be to the plane of the camera
_SLACK = 1e-9  # of barycentric coordinates, so that no pixel between two faces is left out for rounding


@dataclass(frozen=True)
class Camera:
    """A pinhole that looks at the origin. position: [3], outside of the unit ball. field: degrees from the left to the
    right edge of the picture. roll: degrees that the picture's top leans to the left."""

    position: tuple[float, float, float]
    field: float = 45.0
    roll: float = 0.0

    def axes(self) -> np.ndarray:
        """float64 [3, 3]: rows that point right, up, and back to the camera, in the mesh's coordinates."""
        back = np.asarray(self.position, np.float64)
        back = back / np.linalg.norm(back)
        upward = (0.0, 1.0, 0.0) if abs(back[1]) < 1 - 1e-9 else (0.0, 0.0, -np.sign(back[1]))
        right = np.cross(upward, back)
        right /= np.linalg.norm(right)
        up, roll = np.cross(back, right), np.radians(self.roll)
        return np.stack([np.cos(roll) * right + np.sin(roll) * up, np.cos(roll) * up - np.sin(roll) * right, back])

    def project(self, points: np.ndarray, side: int) -> tuple[np.ndarray, np.ndarray]:
        """Places in a picture of side x side pixels [n, 2], x to the right and y downwards from its upper left corner,
        and depths [n] along the axis. points: [n, 3]. ValueError if one is not in front of the camera."""
        x, y, back = ((points - self.position) @ self.axes().T).T
        depth = -back
        if depth.min() < _NEAR:
            raise ValueError("a vertex is not in front of the camera")
        focal = side / 2 / np.tan(np.radians(self.field) / 2)
        return np.stack([side / 2 + focal * x / depth, side / 2 - focal * y / depth], 1), depth


@dataclass(frozen=True)
class Fragments:
    """What pixels show. side: of the picture. pixels: int64 [n], those that show anything, in raster order. faces:
    int64 [n]. weights: float64 [n, 3], how much of each corner: barycentric coordinates on the mesh itself."""

    side: int
    pixels: np.ndarray
    faces: np.ndarray
    weights: np.ndarray

    def of(self, values: np.ndarray, faces: np.ndarray) -> np.ndarray:
        """Values of vertices [v, k] -> of pixels [n, k]. faces: of the mesh."""
        return (self.weights[:, :, None] * values[faces[self.faces]]).sum(1)


def rasterise(mesh: Mesh, camera: Camera, side: int) -> Fragments:
    """Sampled in the middles of side x side pixels. Where faces are equally near, the first counts. Both sides of a
    face are seen."""
    places, depths = camera.project(mesh.vertices, side)
    corners, inverse = places[mesh.faces], 1 / depths[mesh.faces]  # [f, 3, 2], [f, 3]
    low = np.clip(np.ceil(corners.min(1) - 0.5), 0, side).astype(np.int64)
    high = np.clip(np.floor(corners.max(1) - 0.5) + 1, 0, side).astype(np.int64)
    spans = np.maximum(high - low, 0)
    counts = spans[:, 0] * spans[:, 1]
    planes = _planes(corners)
    nearest, first = np.zeros(side * side), np.full(side * side, len(mesh.faces))
    kept = []
    for start, stop in _parts(counts):
        part = slice(start, stop)
        # The number of each pixel within the box of its face, row by row.
        ends = np.cumsum(counts[part])
        number = np.arange(ends[-1]) - np.repeat(ends - counts[part], counts[part])
        row, column = np.divmod(number, np.repeat(spans[part, 0], counts[part]))
        row += np.repeat(low[part, 1], counts[part])
        column += np.repeat(low[part, 0], counts[part])
        flat = [_at(plane[part], counts[part], column, row) for plane in planes]
        flat.append(1 - flat[0] - flat[1])
        # False of a face without area, whose coordinates are not numbers.
        inside = (flat[0] >= -_SLACK) & (flat[1] >= -_SLACK) & (flat[2] >= -_SLACK)
        face, pixel = np.repeat(np.arange(start, stop), counts[part])[inside], (row * side + column)[inside]
        # Linear in the picture is what is divided by depth, and so is 1 / depth itself.
        shares = np.stack([x[inside] for x in flat], 1).clip(0) * inverse[face]
        nearness = shares.sum(1)
        np.maximum.at(nearest, pixel, nearness)
        seen = nearness == nearest[pixel]
        kept.append((pixel[seen], face[seen], shares[seen] / nearness[seen, None], nearness[seen]))
    pixel, face, weights, nearness = (np.concatenate(parts) for parts in zip(*kept, strict=True))
    seen = nearness == nearest[pixel]
    np.minimum.at(first, pixel[seen], face[seen])
    seen &= face == first[pixel]
    order = np.argsort(pixel[seen], kind="stable")
    return Fragments(side, pixel[seen][order], face[seen][order], weights[seen][order])


def _planes(corners: np.ndarray) -> np.ndarray:
    """Barycentric coordinates of the first two corners as planes over the picture: float64 [2, f, 3], what they grow by
    along x and along y, and what they are in the middle of the first pixel. Not numbers of a face without area."""
    a, b, c = np.moveaxis(corners, 1, 0)
    area = cross(b - a, c - a)
    planes = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for start, end in ((b, c), (c, a)):
            along = (end - start) / area[:, None]
            planes.append(np.stack([-along[:, 1], along[:, 0], cross(along, 0.5 - start)], 1))
    return np.stack(planes)


def _at(plane: np.ndarray, counts: np.ndarray, column: np.ndarray, row: np.ndarray) -> np.ndarray:
    """[n], of places in the boxes of faces [f, 3] with so many pixels each."""
    x, y, start = (np.repeat(part, counts) for part in plane.T)
    return x * column + y * row + start


def _parts(counts: np.ndarray) -> list[tuple[int, int]]:
    """Faces start to stop whose boxes have some _AT_ONCE pixels together; a larger one is a part of its own."""
    parts = np.cumsum(counts) // _AT_ONCE
    cuts = [0, *(np.flatnonzero(np.diff(parts)) + 1).tolist(), len(counts)]
    return list(pairwise(cuts))
