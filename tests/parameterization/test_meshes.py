"""Meshes in closed form, read, unwrapped, written and read again; bad files."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from nccodec.errors import LimitError, NclError
from nccodec.parameterization import meshes

TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\n"


def areas(places: np.ndarray, faces: np.ndarray) -> np.ndarray:
    a, b, c = np.moveaxis(places[faces], 1, 0)
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2


def volume(mesh: meshes.Mesh) -> float:
    """By the divergence theorem; positive if faces are counterclockwise from outside."""
    a, b, c = np.moveaxis(mesh.vertices[mesh.faces], 1, 0)
    return (np.cross(a, b) * c).sum() / 6


@pytest.mark.parametrize(
    ("made", "count", "surface", "inside"),
    [
        (meshes.sphere(96, 48), 2 * 96 * 47, 4 * np.pi, 4 / 3 * np.pi),
        (meshes.torus(96, 48), 2 * 96 * 48, 4 * np.pi**2 * 0.65 * 0.35, 2 * np.pi**2 * 0.65 * 0.35**2),
    ],
)
def test_made_meshes_are_closed_and_of_known_area_and_volume(made, count, surface, inside):
    assert len(made.faces) == count
    assert areas(made.vertices, made.faces).sum() == pytest.approx(surface, rel=4e-3)
    assert volume(made) == pytest.approx(inside, rel=6e-3)
    assert np.linalg.norm(made.vertices, axis=1).max() == pytest.approx(1)
    flat = areas(np.pad(made.uv, ((0, 0), (0, 1))), made.faces).sum()
    assert flat == pytest.approx(1, abs=0.03)  # of the texture, all is used but half of the row at a pole
    # Each edge is one of two faces, walked once in either direction.
    places = made.welded()[made.faces]
    walked = {(a, b) for face in places.tolist() for a, b in zip(face, face[1:] + face[:1], strict=True)}
    assert len(walked) == 3 * count and all((b, a) in walked for a, b in walked)


def test_the_sphere_is_a_map_of_the_world():
    """u = 0 looks along z, east is to the right, v = 1 is the north pole; normals are places."""
    made = meshes.sphere(48, 24)
    east, north = 2 * np.pi * made.uv[:, 0], np.pi * (made.uv[:, 1] - 0.5)
    expected = np.stack([np.cos(north) * np.sin(east), np.sin(north), np.cos(north) * np.cos(east)], 1)
    np.testing.assert_allclose(made.vertices, expected, atol=1e-12)
    assert (made.normals() * made.vertices).sum(1).min() > 0.999


def test_normals_of_the_torus():
    made = meshes.torus(48, 24)
    east, around = 2 * np.pi * made.uv[:, 0], 2 * np.pi * (made.uv[:, 1] - 0.5)
    expected = np.stack([np.cos(around) * np.sin(east), np.sin(around), np.cos(around) * np.cos(east)], 1)
    assert (made.normals() * expected).sum(1).min() > 0.998


def test_a_mesh_is_read_into_the_unit_ball(tmp_path):
    (tmp_path / "a.obj").write_text(
        "v 10 0 0\nv 14 0 0\nv 10 3 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n", encoding="utf-8"
    )  # fmt: skip
    mesh = meshes.read_mesh(tmp_path / "a.obj")
    assert mesh.centre == (12, 1.5, 0) and mesh.radius == 2.5
    np.testing.assert_allclose(mesh.vertices * 2.5, [[-2, -1.5, 0], [2, -1.5, 0], [-2, 1.5, 0]])
    np.testing.assert_array_equal(mesh.uv, [[0, 0], [1, 0], [0, 1]])
    assert mesh.texture is None


@pytest.mark.parametrize("suffix", [".obj", ".glb"])
def test_written_and_read_again(tmp_path, suffix):
    made = meshes.torus(6, 5)
    texture = np.random.default_rng(0).integers(0, 256, (8, 4, 3), np.uint8)
    placed = replace(made, texture=texture, centre=(1.0, 2.0, -3.0), radius=4.0)
    files = meshes.mesh_bytes(placed, tmp_path / f"my torus{suffix}")
    names = {f"my torus{end}" for end in ([".obj", ".mtl", ".png"] if suffix == ".obj" else [".glb"])}
    assert {path.name for path in files} == names and list(files) == meshes.names_of(tmp_path / f"my torus{suffix}")
    for path, data in files.items():
        path.write_bytes(data)
    again = meshes.read_mesh(tmp_path / f"my torus{suffix}")
    np.testing.assert_array_equal(again.texture, texture)
    np.testing.assert_allclose(again.uv[again.faces], made.uv[made.faces], atol=1e-6)
    places = again.vertices * again.radius + again.centre
    np.testing.assert_allclose(places[again.faces], made.vertices[made.faces] * 4 + [1, 2, -3], atol=1e-5)


def test_what_has_no_uv_is_unwrapped_into_charts_apart(tmp_path):
    """Faces keep their places and order; no texel's middle is in two faces; charts are within 0..1."""
    made = meshes.torus(10, 6)
    lines = [f"v {x} {y} {z}" for x, y, z in made.vertices] + ["f {} {} {}".format(*(f + 1)) for f in made.faces]
    (tmp_path / "plain.obj").write_text("\n".join(lines), encoding="utf-8")
    mesh = meshes.read_mesh(tmp_path / "plain.obj", 64)
    again = (mesh.vertices * mesh.radius + mesh.centre)[mesh.faces]
    np.testing.assert_allclose(again, made.vertices[made.faces], atol=1e-6)
    assert mesh.uv.min() >= 0 and mesh.uv.max() <= 1
    texels = (np.indices((64, 64))[::-1].reshape(2, -1).T + 0.5) / 64
    inside = np.zeros(len(texels), int)
    for a, b, c in mesh.uv[mesh.faces]:
        turns = [meshes.cross(end - start, texels - start) for start, end in ((a, b), (b, c), (c, a))]
        inside += (np.min(turns, 0) > 1e-9) | (np.max(turns, 0) < -1e-9)
    assert inside.max() == 1 and inside.mean() > 0.3


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("a.obj", TRIANGLE, "no faces"),
        ("a.obj", "", "no faces"),
        ("a.obj", TRIANGLE + "f 1 2 9\n", "cannot be read|can be read|of a vertex"),
        ("a.obj", TRIANGLE.replace("1 0 0", "nan 0 0") + "f 1 2 3\n", "not finite"),
        ("a.obj", "v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "single point"),
        ("a.glb", "no glb at all", "not a mesh"),
        ("a.ply", "ply\nformat ascii 1.0\nelement vertex 7\n", "not a mesh|no faces"),
        ("a.txt", TRIANGLE, "is neither"),
    ],
)
def test_bad_files_are_named_with_a_cause(tmp_path, name, text, cause):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NclError, match=cause) as told:
        meshes.mesh_of(str(path))
    assert str(told.value).startswith(f"{path}: ") and "\n" not in str(told.value)


def test_limits(tmp_path, monkeypatch):
    with pytest.raises(NclError, match=r"missing\.obj: No such file"):
        meshes.mesh_of(str(tmp_path / "missing.obj"))
    with pytest.raises(NclError, match="vertex that is none of its 3"):
        meshes.checked(np.eye(3), np.array([[0, 1, 3]]))
    monkeypatch.setattr(meshes, "MOST_FACES", 10)
    made = meshes.torus(4, 3)
    with pytest.raises(LimitError, match="24 faces are over 10"):
        meshes.checked(made.vertices, made.faces)
    with pytest.raises(LimitError, match=r"\.glb or \.obj"):
        meshes.mesh_bytes(made, tmp_path / "a.stl")


def test_a_package_that_is_missing_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.obj").write_text(TRIANGLE + "f 1 2 3\n", encoding="utf-8")
    monkeypatch.setitem(__import__("sys").modules, "trimesh", None)
    with pytest.raises(NclError, match=r"trimesh: pip install 'nccodec\[dream\]'"):
        meshes.read_mesh(tmp_path / "a.obj")


def test_a_texture_of_a_palette_is_read(tmp_path):
    (tmp_path / "a.mtl").write_text("newmtl m\nmap_Kd a.png\n", encoding="utf-8")
    colours = np.array([[[255, 0, 0], [0, 0, 255]], [[0, 0, 255], [255, 0, 0]]], np.uint8)
    Image.fromarray(colours).quantize(2).save(tmp_path / "a.png")
    text = "mtllib a.mtl\nusemtl m\n" + TRIANGLE + "vt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"
    (tmp_path / "a.obj").write_text(text, encoding="utf-8")
    np.testing.assert_array_equal(meshes.read_mesh(tmp_path / "a.obj").texture, colours)
