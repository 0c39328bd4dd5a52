"""Names of what stores hold."""

from pathlib import Path, PurePosixPath

import pytest
import typer

from nccodec.cli.address import Address, place


@pytest.mark.parametrize(
    ("url", "name", "stem", "suffix", "with_ncl"),
    [
        ("s3://b/in/a.png", "a.png", "a", ".png", "s3://b/in/a.ncl"),
        ("s3://b/in//a.b.png", "a.b.png", "a.b", ".png", "s3://b/in//a.b.ncl"),
        ("s3://b/what?.png", "what?.png", "what?", ".png", "s3://b/what?.ncl"),
        ("https://h/in/a.png?key=1/2#x", "a.png", "a", ".png", "https://h/in/a.ncl"),
        ("memory://a", "a", "a", "", "memory://a.ncl"),
    ],
)
def test_parts_of_a_name_are_those_of_its_last_part(url, name, stem, suffix, with_ncl):
    address = place(url)
    assert isinstance(address, Address) and str(address) == url
    assert (address.name, address.stem, address.suffix) == (name, stem, suffix)
    assert str(address.with_suffix(".ncl")) == with_ncl


def test_what_is_inside_a_folder():
    for folder in (Address("s3://b/in"), Address("s3://b/in/")):
        inside = folder / "sub//a.png"
        assert inside == Address("s3://b/in/sub//a.png") and folder / PurePosixPath("sub/a.png") != inside
        assert folder.holds(inside) and folder.relative(inside) == "sub//a.png"
        assert not folder.holds(Address("s3://b/inside/a.png"))


@pytest.mark.parametrize(
    ("text", "path"), [("a.png", "a.png"), ("-", "-"), ("s3:/a", "s3:/a"), ("file:///tmp/a%20b.png", "/tmp/a b.png")]
)
def test_all_else_is_a_path(text, path):
    assert place(text) == Path(path)


@pytest.mark.parametrize("text", ["s3://", "memory:///"])
def test_an_address_of_nothing_is_wrong_usage(text):
    with pytest.raises(typer.BadParameter, match=f"^{text} names nothing"):
        place(text)
