"""Triangle meshes with a texture: made in closed form, read, unwrapped and written."""

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from ..errors import ImageError, LimitError, NclError

if TYPE_CHECKING:
    import trimesh

MOST_FACES = 200_000
SUFFIXES = frozenset({".obj", ".glb", ".gltf", ".ply", ".stl", ".off"})  # of meshes that are read
WRITTEN = frozenset({".obj", ".glb"})  # of meshes that are written, with their texture
_PADDING = 4  # texels between charts of what is unwrapped
_TUBE = 0.35  # radius of the torus's tube; of its outline it is 1


@dataclass(frozen=True)
class Mesh:
    """vertices: float64 [v, 3], within the unit ball, y upwards. uv: float64 [v, 2], u to the right and v upwards, 0..1
    over the texture, which repeats beyond, as OBJ and glTF have it. faces: int64 [f, 3], counterclockwise as seen from
    outside. A place on both sides of a cut of the texture is two vertices. texture: uint8 [h, w, 3], sRGB, None if the
    mesh has none. centre [3], radius: of the ball in the coordinates that the mesh was read in."""

    vertices: np.ndarray
    uv: np.ndarray
    faces: np.ndarray
    texture: np.ndarray | None = None
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    radius: float = 1.0

    def welded(self) -> np.ndarray:
        """int64 [v]: a number of each vertex, the same for those at one place."""
        return np.unique(self.vertices.round(6) + 0.0, axis=0, return_inverse=True)[1].reshape(-1)

    def normals(self) -> np.ndarray:
        """float64 [v, 3], unit length: mean of the faces around each place, weighted by area."""
        corners = self.vertices[self.faces]
        of_faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        places = self.welded()
        sums = np.zeros((places.max() + 1, 3))
        np.add.at(sums, places[self.faces], of_faces[:, None])
        return (sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12))[places]


def sphere(columns: int = 48, rows: int = 24) -> Mesh:
    """The unit sphere, 2 columns (rows - 1) triangles: longitude 2 pi u, eastward, and latitude pi (v - 1/2). A pole is
    a vertex for each column, with u in its middle."""
    u, v = np.meshgrid(np.arange(columns + 1) / columns, np.arange(1, rows) / rows)
    between, poles = np.stack([u, v], -1).reshape(-1, 2), (np.arange(columns) + 0.5) / columns
    uv = np.concatenate([between, *(np.stack([poles, np.full(columns, end)], 1) for end in (0.0, 1.0))])
    latitude = np.pi * (uv[:, 1] - 0.5)
    longitude = 2 * np.pi * (uv[:, 0] % 1)
    flat = np.where(np.isin(uv[:, 1], (0, 1)), 0, np.cos(latitude))
    vertices = np.stack([flat * np.sin(longitude), np.sin(latitude), flat * np.cos(longitude)], 1)
    south = len(between) + np.arange(columns)
    first = np.arange(columns)
    last = first + (rows - 2) * (columns + 1)
    caps = np.stack([south, first + 1, first], 1), np.stack([last, last + 1, south + columns], 1)
    return Mesh(vertices, uv, np.concatenate([_grid(columns, rows - 2), *caps]))


def torus(columns: int = 48, rows: int = 24) -> Mesh:
    """2 columns rows triangles: 2 pi u around the axis, which is y, and 2 pi (v - 1/2) around the tube, outermost at
    v = 1/2."""
    u, v = (x.reshape(-1) for x in np.meshgrid(np.arange(columns + 1) / columns, np.arange(rows + 1) / rows))
    around, tube = 2 * np.pi * (u % 1), 2 * np.pi * (v % 1 - 0.5)
    distance = 1 - _TUBE + _TUBE * np.cos(tube)
    vertices = np.stack([distance * np.sin(around), _TUBE * np.sin(tube), distance * np.cos(around)], 1)
    return Mesh(vertices, np.stack([u, v], 1), _grid(columns, rows))


MADE = {"sphere": sphere, "torus": torus}


def _grid(columns: int, rows: int) -> np.ndarray:
    """Faces of a grid of (rows + 1) x (columns + 1) vertices: int64 [2 rows columns, 3]."""
    at = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1)
    above = at + columns + 1
    return np.concatenate([np.stack([at, at + 1, above + 1], 1), np.stack([at, above + 1, above], 1)])


def mesh_of(name: str, side: int = 512) -> Mesh:
    """A mesh of MADE by its name, or else that of a file. side: of a texture that charts must be apart in, in texels.
    NclError, led by the file, for what cannot be read, and if trimesh or xatlas is missing."""
    return MADE[name]() if name in MADE else read_mesh(Path(name), side)


def read_mesh(path: Path, side: int = 512) -> Mesh:
    """A mesh of a file, in the unit ball; one without UV is unwrapped into charts."""
    if path.suffix.lower() not in SUFFIXES:
        names = f"a file of {', '.join(sorted(SUFFIXES))}"
        raise ImageError(f"{path}: is neither {' nor '.join(MADE)} nor {names}")
    trimesh = imported("trimesh")
    try:
        with path.open("rb"):
            pass
        loaded = trimesh.load_mesh(path, process=False)
    except OSError as error:
        raise ImageError(f"{path}: {error.strerror or error}") from None
    except Exception as error:  # of a damaged file its readers raise whatever they run into
        raise ImageError(f"{path}: is not a mesh that can be read ({_first_line(error)})") from None
    try:
        mesh = checked(loaded.vertices, loaded.faces)
        uv = getattr(loaded.visual, "uv", None)
        if uv is None or not _usable(np.asarray(uv, np.float64), mesh):
            return unwrap(mesh, side)
        return replace(mesh, uv=np.asarray(uv, np.float64), texture=_texture(loaded.visual))
    except NclError as error:
        raise type(error)(f"{path}: {error}") from None


def checked(vertices: np.ndarray, faces: np.ndarray) -> Mesh:
    """A mesh without UV, moved and scaled into the unit ball. vertices: [v, 3]. faces: [f, 3]. ImageError, LimitError
    for what is no mesh, or too large a one."""
    vertices, faces = np.asarray(vertices, np.float64), np.asarray(faces, np.int64)
    if not faces.size:
        raise ImageError("has no faces")
    if len(faces) > MOST_FACES:
        raise LimitError(f"{len(faces)} faces are over {MOST_FACES}")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise ImageError(f"has a face of a vertex that is none of its {len(vertices)}")
    if not np.isfinite(vertices).all():
        raise ImageError("has coordinates that are not finite")
    used = vertices[np.unique(faces)]
    centre = (used.min(0) + used.max(0)) / 2
    radius = float(np.linalg.norm(used - centre, axis=1).max())
    if radius == 0 or not np.isfinite(radius):
        raise ImageError("is a single point, or too large")
    places = (vertices - centre) / radius
    return Mesh(places, np.zeros((len(vertices), 2)), faces, None, tuple(centre.tolist()), radius)


def unwrap(mesh: Mesh, side: int) -> Mesh:
    """The mesh with UV of charts that do not overlap, found by xatlas, some texels of a texture of `side` texels apart.
    NclError if it is not installed, ImageError for what it refuses."""
    xatlas = imported("xatlas")
    atlas, packing = xatlas.Atlas(), xatlas.PackOptions()
    packing.padding, packing.resolution = _PADDING, side
    try:
        atlas.add_mesh(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32))
        atlas.generate(pack_options=packing)
        origin, faces, uv = atlas.get_mesh(0)
    except (RuntimeError, ValueError, IndexError) as error:
        raise ImageError(f"cannot be unwrapped ({_first_line(error)})") from None
    return replace(mesh, vertices=mesh.vertices[origin], uv=uv.astype(np.float64), faces=faces.astype(np.int64))


def names_of(target: Path) -> list[Path]:
    """The files that `mesh_bytes` makes for one of WRITTEN."""
    suffixes = (".mtl", ".png") if target.suffix.lower() == ".obj" else ()
    return [target, *(target.with_suffix(suffix) for suffix in suffixes)]


def mesh_bytes(mesh: Mesh, target: Path) -> dict[Path, bytes]:
    """The files of a mesh with its texture, in its own coordinates: of .obj the materials and the texture beside it,
    named after it; .glb is one file. LimitError for another suffix, NclError if trimesh is not installed."""
    suffix = target.suffix.lower()
    if suffix not in WRITTEN:
        raise LimitError(f"{target}: meshes are written as {' or '.join(sorted(WRITTEN))}")
    trimesh = imported("trimesh")
    from trimesh.visual.material import PBRMaterial, SimpleMaterial

    if mesh.texture is None:
        raise LimitError(f"{target}: a mesh without a texture")
    picture = Image.fromarray(mesh.texture)
    if suffix == ".glb":
        material = PBRMaterial(baseColorTexture=picture, metallicFactor=0.0, roughnessFactor=1.0)
    else:
        material = SimpleMaterial(image=picture, diffuse=(255, 255, 255), name=target.stem)
    visual = trimesh.visual.TextureVisuals(mesh.uv, material)
    places = mesh.vertices * mesh.radius + mesh.centre
    whole = trimesh.Trimesh(places, mesh.faces, process=False, visual=visual)
    if suffix == ".glb":
        return {target: whole.export(file_type="glb")}
    return _obj(whole, target)


def _obj(mesh: "trimesh.Trimesh", target: Path) -> dict[Path, bytes]:
    """The .obj, its .mtl and its texture."""
    from trimesh.exchange.obj import export_obj

    text, beside = export_obj(mesh, return_texture=True, mtl_name=f"{target.stem}.mtl", header="")
    files = {target.with_name(name): data for name, data in beside.items()}
    return {target: text.encode()} | {path: files[path] for path in names_of(target)[1:]}


def imported(package: str) -> ModuleType:
    """NclError if it is not installed."""
    try:
        return import_module(package)
    except ImportError:
        raise NclError(f"meshes need the package {package}: pip install 'nccodec[dream]'") from None


def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[...] of vectors of the plane [..., 2]: the area between them, positive where b is to the left of a."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _usable(uv: np.ndarray, mesh: Mesh) -> bool:
    """Whether UV give every vertex a place, and the faces an area."""
    if uv.shape != (len(mesh.vertices), 2) or not np.isfinite(uv).all():
        return False
    a, b, c = np.moveaxis(uv[mesh.faces], 1, 0)
    return bool(np.any(np.abs(cross(b - a, c - a)) > 1e-12))


def _texture(visual: "trimesh.visual.TextureVisuals") -> np.ndarray | None:
    """uint8 [h, w, 3] of a material's picture of colours; None for a single colour, which trimesh makes up where there
    is no picture."""
    material = visual.material
    picture = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
    texture = np.zeros((1, 1, 3), np.uint8) if picture is None else np.array(picture.convert("RGB"))
    return texture if np.ptp(texture, (0, 1)).any() else None


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
