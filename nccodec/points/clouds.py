"""Clouds of points: read from tables, PLY and drawings, written to tables and PLY."""

import io
from pathlib import Path

import numpy as np

from ..errors import ImageError, LimitError, NclError
from ..imaging.pictures import parts_of, read_picture

MOST_POINTS = 10_000_000
TABLES, MESHES = (".csv", ".txt"), (".ply",)
_MIDDLE = 128  # grey level between ink and paper


def read_cloud(path: Path) -> np.ndarray:
    """float64 [n, 2 or 3] of a .csv or .txt of two or three columns, a .ply, or else a picture, of which the rarer of
    dark and bright is the cloud, y upwards. A third coordinate that is the same everywhere is left out. ImageError
    names what cannot be read."""
    suffix = path.suffix.lower()
    try:
        cloud = _table(path) if suffix in TABLES else _mesh(path) if suffix in MESHES else _drawing(path)
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror or error}") from None
    except ValueError as error:
        raise ImageError(f"{path}: {str(error).splitlines()[0]}") from None
    if cloud.ndim != 2 or cloud.shape[1] not in (2, 3):
        raise ImageError(f"{path}: is no table of two or three columns")
    if not len(cloud) or not np.isfinite(cloud).all():
        raise ImageError(f"{path}: has no points, or some that are not finite")
    if len(cloud) > MOST_POINTS:
        raise LimitError(f"{path}: {len(cloud)} points are over {MOST_POINTS}")
    flat = cloud.shape[1] == 3 and np.ptp(cloud[:, 2]) == 0
    return cloud[:, :2] if flat else cloud


def cloud_bytes(points: np.ndarray, suffix: str) -> bytes:
    """The bytes of a file of points, float64 [n, 2 or 3]: .ply, in which the third coordinate of a plane is 0, or .csv.
    LimitError for another suffix."""
    if suffix.lower() in TABLES:
        text = io.StringIO()
        np.savetxt(text, points, "%.7g", ",", header="x,y,z"[: 2 * points.shape[1] - 1], comments="")
        return text.getvalue().encode()
    if suffix.lower() not in MESHES:
        raise LimitError(f"points are written as .ply or .csv, not {suffix or 'without a suffix'}")
    plyfile = _plyfile()
    vertices = np.zeros(len(points), [(axis, "<f4") for axis in "xyz"])
    for axis, values in zip("xyz", points.T, strict=False):
        vertices[axis] = values
    data = io.BytesIO()
    plyfile.PlyData([plyfile.PlyElement.describe(vertices, "vertex")], byte_order="<").write(data)
    return data.getvalue()


def _plyfile():
    try:
        import plyfile
    except ImportError:
        raise NclError(".ply needs the package plyfile: pip install 'nccodec[points]'") from None
    return plyfile


def _table(path: Path) -> np.ndarray:
    text = path.read_text(encoding="utf-8-sig")
    lines = text.replace(";", " ").replace(",", " ").splitlines()
    named = bool(lines) and any(letter.isalpha() and letter not in "eE" for letter in lines[0])
    return np.loadtxt(lines[named:], ndmin=2) if len(lines) > named else np.zeros((0, 2))


def _mesh(path: Path) -> np.ndarray:
    plyfile = _plyfile()
    try:
        vertices = plyfile.PlyData.read(str(path))["vertex"]
        return np.stack([np.asarray(vertices[axis], np.float64) for axis in "xyz"], 1)
    except (plyfile.PlyParseError, KeyError, MemoryError) as error:
        raise ImageError(f"{path}: is no .ply of points ({error})") from None


def _drawing(path: Path) -> np.ndarray:
    dark = np.asarray(parts_of(read_picture(path))[0].convert("L")) < _MIDDLE
    rows, columns = np.nonzero(dark if 2 * dark.sum() <= dark.size else ~dark)
    return np.stack([columns + 0.5, dark.shape[0] - 0.5 - rows], 1)
