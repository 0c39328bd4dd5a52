"""What is served, and that nothing else is."""

import os

import pytest

from nccodec.errors import NclError
from nccodec.serve.library import Library, NotServed, Unreadable


def test_a_folder_is_listed_with_what_is_in_it(folder):
    (folder / "outside.ncl").symlink_to(folder.parent / "outside.ncl")
    (folder / "alias.ncl").symlink_to(folder / "a.ncl")
    names = [entry.name for entry in Library([folder]).entries()]
    assert names == ["a.ncl", "alias.ncl", "clear.ncl", "foreign.ncl", "inner/b c.ncl", "short.ncl"]


def test_several_paths_are_led_by_their_names(folder, tmp_path):
    other = tmp_path / "more" / "root"
    other.mkdir(parents=True)
    (other / "x.ncl").write_bytes(b"")
    library = Library([folder / "inner", other, tmp_path / "outside.ncl", folder / "a.ncl", tmp_path / "outside.ncl"])
    names = [entry.name for entry in library.entries()]
    assert names == ["a.ncl", "inner/b c.ncl", "outside-2.ncl", "outside.ncl", "root/x.ncl"]
    assert library.find("a.ncl").path == str(folder / "a.ncl")
    with pytest.raises(NotServed):
        library.find("clear.ncl")  # beside what is served


@pytest.mark.parametrize(
    "name",
    ["../outside.ncl", "inner/../a.ncl", "inner/../../outside.ncl", "./a.ncl", "/a.ncl", "//a.ncl", "inner//b c.ncl",
     "a.ncl/", "", ".", "..", "inner", "secret.txt", "a.ncl\0", "a.ncl\0.ncl", "inner\\b c.ncl", "a.ncl/x.ncl",
     "none.ncl", "outside.ncl", "linked/outside.ncl", "..%2Foutside.ncl", "\udcff.ncl", "x" * 5000 + ".ncl",
     "pipe.ncl", "inner.ncl"],
)  # fmt: skip
def test_nothing_else_is_found(folder, name):
    (folder / "outside.ncl").symlink_to(folder.parent / "outside.ncl")
    (folder / "linked").symlink_to(folder.parent)
    (folder / "inner.ncl").mkdir()
    os.mkfifo(folder / "pipe.ncl")
    with pytest.raises(NotServed):
        Library([folder]).find(name)


def test_an_absolute_name_is_not_found(folder):
    with pytest.raises(NotServed):
        Library([folder]).find(str(folder / "a.ncl"))


def test_what_takes_a_files_place_is_not_read(folder):
    library = Library([folder])
    entry = library.find("a.ncl")
    assert entry.read() == (folder.parent / "outside.ncl").read_bytes()
    (folder / "a.ncl").unlink()
    for replace in (
        lambda path: path.symlink_to(folder.parent / "outside.ncl"), os.mkfifo,
        lambda path: path.write_bytes(b"other"), lambda path: None,
    ):  # fmt: skip
        replace(folder / "a.ncl")
        with pytest.raises(Unreadable):
            entry.read()
        (folder / "a.ncl").unlink(missing_ok=True)


def test_names_that_are_not_text_are_left_out(folder):
    (folder / os.fsdecode(b"\xff.ncl")).write_bytes(b"")
    assert not any("\udcff" in entry.name for entry in Library([folder]).entries())


def test_paths_that_cannot_be_served(folder):
    for path, message in ((folder / "none", "no such file"), (folder / "secret.txt", "not a folder")):
        with pytest.raises(NclError, match=message):
            Library([path])


def test_a_file_that_changes_has_another_version(folder):
    library = Library([folder])
    before = library.find("a.ncl").version
    (folder / "a.ncl").write_bytes(b"other")
    assert library.find("a.ncl").version != before
