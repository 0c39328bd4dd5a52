"""The commands as a user runs them: outputs, messages, exit codes, nothing overwritten, nothing left."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

import nccodec
from nccodec import cli
from nccodec.cli.app import app


def fingerprint(weights: Path) -> str:
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:16]


def listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_encode_and_decode_write_beside_the_input(nc, picture, tiny):
    code, out, err = nc("encode", "a.png", "--weights", tiny)
    data = picture.with_suffix(".ncl").read_bytes()
    share = 100 * len(data) / len(picture.read_bytes())
    assert (code, out) == (0, "")
    size = f"{len(data)} bytes ({share:.1f} % of the source)"
    assert err.startswith(f"a.ncl: 44 x 30, {size}, {8 * len(data) / 1320:.3f} bpp, ")
    assert " dB, " in err and err.endswith(" MP/s\n") and err.count("\n") == 1
    for arguments, name, size in (
        (("--scale", "4"), "a@4x.png", (176, 120)),
        (("--scale", "0.5"), "a@0.5x.png", (22, 15)),
        (("--size", "60x20"), "a@60x20.png", (60, 20)),
        (("-o", "b.webp"), "b.webp", (44, 30)),
    ):
        assert nc("decode", "a.ncl", "--weights", tiny, *arguments)[0] == 0
        with Image.open(name) as decoded:
            assert decoded.size == size
    with Image.open("b.webp") as decoded:
        np.testing.assert_array_equal(decoded, nccodec.decode(data, weights=tiny))


def test_the_self_reference_can_be_switched_off(nc, tmp_path, tiny):
    data = (Path(tiny).parent / "ok" / "range-19x14.ncl").read_bytes()
    (tmp_path / "g.ncl").write_bytes(data)
    assert nc("decode", "g.ncl", "--weights", tiny)[0] == 0
    assert nc("decode", "g.ncl", "--weights", tiny, "--no-self-reference", "-o", "off.png")[0] == 0
    assert (tmp_path / "g.png").read_bytes() != (tmp_path / "off.png").read_bytes()


def test_predicted_detail_can_be_switched_off(nc, tmp_path, tiny):
    data = (Path(tiny).parent / "ok" / "range-19x14.ncl").read_bytes()
    (tmp_path / "g.ncl").write_bytes(data)
    for number, arguments in enumerate([(), ("--no-detail",), ("--scale", 2), ("--scale", 2, "--no-detail")]):
        assert nc("decode", "g.ncl", "--weights", tiny, *arguments, "-o", f"{number}.png")[0] == 0
    plain, plain_off, double, double_off = ((tmp_path / f"{i}.png").read_bytes() for i in range(4))
    assert plain == plain_off and double != double_off


def test_nothing_is_overwritten_without_force_and_the_source_never(nc, picture, tiny, tmp_path):
    (tmp_path / "a.ncl").write_bytes(b"mine")
    before = listing(tmp_path)
    code, _, err = nc("encode", "a.png", "--weights", tiny)
    assert code == 1 and err == "nc: a.ncl: exists already (-f overwrites it)\n"
    for arguments in (("encode", "a.png", "-o", "a.png", "-f"), ("encode", "a.png", "-o", "./x/../a.png", "-f")):
        (tmp_path / "x").mkdir(exist_ok=True)
        code, _, err = nc(*arguments, "--weights", tiny)
        assert code == 1 and "is the source itself" in err
        (tmp_path / "x").rmdir()
    assert listing(tmp_path) == before
    assert nc("encode", "a.png", "--weights", tiny, "--force")[0] == 0
    code, _, err = nc("decode", "a.ncl", "--weights", tiny)
    assert code == 1 and "a.png: exists already" in err
    assert listing(tmp_path)["a.png"] == before["a.png"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("text.ncl", b"hello, this is no picture at all", "text.ncl: not a .ncl file (wrong magic)"),
        ("empty.ncl", b"", "empty.ncl: the file ends after 0 bytes, inside the header"),
    ],
)
def test_what_is_no_ncl_is_refused_in_one_line(nc, tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    for command in ("decode", "info"):
        code, out, err = nc(command, name)
        assert (code, out, err) == (1, "", f"nc: {message}\n")
    assert listing(tmp_path) == {name: data}


BAD = Path(__file__).parents[1] / "golden" / "bad"


@pytest.mark.parametrize("name", sorted(json.loads((BAD / "expected.json").read_text())))
def test_every_bad_file_gives_one_line_exit_1_and_no_output(nc, tmp_path, name, tiny, monkeypatch):
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(tiny.parent))
    (tmp_path / name).write_bytes((BAD / name).read_bytes())
    before = listing(tmp_path)
    code, out, err = nc("decode", name)
    assert (code, out) == (1, "")
    assert err.startswith(f"nc: {name}: ") and err.count("\n") == 1
    assert json.loads((BAD / "expected.json").read_text())[name][1] in err
    assert listing(tmp_path) == before


def test_weights_that_are_not_the_files_are_refused(nc, tmp_path, tiny):
    good = (tiny.parent / "ok" / "range-19x14.ncl").read_bytes()
    (tmp_path / "g.ncl").write_bytes(good)
    code, _, err = nc("decode", "g.ncl")
    assert code == 1 and f"g.ncl: the file needs weights {fingerprint(tiny)}, which are not in " in err
    assert "--weights" in err and "nc weights add" in err
    code, _, err = nc("decode", "g.ncl", "--weights", "nowhere")
    assert code == 1 and "no weights named 'nowhere' in " in err and "--weights" in err and "nc weights add" in err
    (tmp_path / "w.safetensors").write_bytes(b"junk")
    code, _, err = nc("decode", "g.ncl", "--weights", "w.safetensors")
    assert code == 1 and "w.safetensors: not a weights file of nccodec" in err
    assert sorted(listing(tmp_path)) == ["g.ncl", "w.safetensors"]


def test_what_is_no_picture_is_refused(nc, tmp_path, tiny):
    (tmp_path / "a.jpg").write_bytes(b"not a picture")
    code, _, err = nc("encode", "a.jpg", "--weights", tiny)
    assert (code, err) == (1, "nc: a.jpg: not an image\n")
    code, _, err = nc("encode", "absent.png", "--weights", tiny)
    assert (code, err) == (1, "nc: absent.png: no such file\n")
    assert sorted(listing(tmp_path)) == ["a.jpg"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("encode",),
        ("encode", "a.png", "-q", "101"),
        ("encode", "a.png", "--packer", "zip"),
        ("encode", "a.png", "-e", "10"),
        ("encode", "a.png", "-q", "50", "--bpp", "1"),
        ("encode", "a.png", "--size", "10k", "--psnr", "30"),
        ("encode", "a.png", "--size", "10q"),
        ("encode", "a.png", "--size", "0"),
        ("decode", "a.ncl", "--size", "60"),
        ("decode", "a.ncl", "--size", "0x4"),
        ("decode", "a.ncl", "--size", "6x4", "--scale", "2"),
        ("train", ".", "--out", "w.safetensors"),
        ("train", ".", "--out", "w.bin", "--steps", "3"),
        ("train", ".", "--out", "w.safetensors", "--steps", "3", "--lambdas", "a,b"),
        ("nothing",),
    ],
)
def test_usage_errors_exit_2(nc, arguments):
    code, out, err = nc(*arguments)
    assert (code, out) == (2, "") and "Usage: nc" in err


def test_help_says_what_every_option_does_and_what_auto_means():
    group, found = typer.main.get_command(app), {}
    for name, command in [*group.commands.items(), *group.commands["weights"].commands.items()]:
        assert all(parameter.help.endswith(".") for parameter in command.params), name
        found.update((name, p.help) for p in command.params if "--device" in p.opts)
    assert sorted(found) == ["decode", "encode", "implicit", "morph", "pifs", "train"]
    assert all(" auto: on " in text for text in found.values())


def test_a_format_that_there_is_not_is_named_as_it_was_given(nc):
    code, out, err = nc("decode", "a.ncl", "--format", "xyz")
    assert (code, out) == (2, "") and err.endswith("Invalid value for --format: 'xyz' is no picture format\n")


def test_it_is_nccodec_too_where_nc_is_netcat(monkeypatch, capsys):
    metadata = (Path(__file__).parents[2] / "pyproject.toml").read_text()
    scripts = re.search(r"\[project.scripts\]\n(.*?)\n\n", metadata, re.S)[1]
    assert re.findall(r'^(\w+) = "([\w.:]+)"', scripts, re.M) == [(n, "nccodec.cli:main") for n in ("nc", "nccodec")]
    monkeypatch.setattr(sys, "argv", ["/usr/bin/nccodec", "encode"])
    with pytest.raises(SystemExit):
        cli.main()
    assert "Usage: nccodec encode " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--scale", "0.01"), 2, "0.01 is not in the range"),
        (("--scale", "65"), 2, "65.0 is not in the range"),
        (("--scale", "nan"), 1, "scale nan is outside"),
        (("--size", "9999x9999"), 1, "cannot decode"),
        (("-o", "x.xyz"), 1, "no picture format"),
        (("-o", "nowhere/x.png"), 1, "no such folder"),
        (("--device", "cuda"), 1, "not available here"),
    ],
)
def test_requests_that_cannot_be_met(nc, tmp_path, tiny, arguments, status, message):
    (tmp_path / "g.ncl").write_bytes((tiny.parent / "ok" / "range-19x14.ncl").read_bytes())
    code, _, err = nc("decode", "g.ncl", "--weights", tiny, *arguments)
    assert code == status and message in err
    assert sorted(listing(tmp_path)) == ["g.ncl"]


def test_info_tells_the_header_and_the_chunks(nc, tmp_path, tiny):
    data = (tiny.parent / "ok" / "range-19x14.ncl").read_bytes()
    (tmp_path / "g.ncl").write_bytes(data)
    code, out, _ = nc("info", "g.ncl", "--json")
    about = json.loads(out)
    assert code == 0
    assert (about["width"], about["height"], about["packer"], about["bytes"]) == (19, 14, "range", len(data))
    assert about["steps"] == 3 and about["fingerprint"] == fingerprint(tiny)
    assert sum(about["chunks"].values()) == len(data)
    out = nc("info", "g.ncl")[1]
    assert (about["weights"], about["quality"]) == (None, None)
    assert f"not installed ({fingerprint(tiny)})" in out and "-q" not in out
    for part in ("19 x 14, RGB", f"{len(data)} ({8 * len(data) / 266:.4f} bpp)", "3 iterations", "non-zero scales"):
        assert part in out


def test_info_tells_the_weights_by_name_and_the_quality_as_q(nc, picture, tmp_path, tiny, monkeypatch):
    """Rounded as far as the level allows: 61.23 % of the 256 that there are here is level 157, as 61.3 % is."""
    monkeypatch.setenv("NCCODEC_WEIGHTS", str(tiny.parent))
    collage, pifs = ("--weights", "tiny"), ("--map", "pifs")
    for options, asked, quality, told in (
        (collage, 40, 40, "-q 40, level 0.398"),
        (collage, 61.23, 61.3, "-q 61.3, level 0.613"),
        (pifs, 50, 50, "-q 50, steps of 15 grey levels"),
    ):
        assert nc("encode", "a.png", "-f", "-q", asked, *options)[0] == 0
        out = nc("info", "a.ncl")[1]
        assert any(line.split(maxsplit=1) == ["quality:", told] for line in out.splitlines())
        about = json.loads(nc("info", "a.ncl", "--json")[1])
        assert about["quality"] == quality and about.get("weights") == ("tiny" if options == collage else None)
        assert options == pifs or f"tiny ({fingerprint(tiny)})" in out


def test_weights_are_listed_added_and_shown(nc, tmp_path, tiny):
    (tmp_path / "mine.safetensors").write_bytes(tiny.read_bytes())
    (tmp_path / "mine.json").write_text('{"name": "mine", "steps": 3}')
    assert nc("weights", "add", "mine.safetensors")[0] == 0
    code, _, err = nc("weights", "add", "mine.safetensors")
    assert code == 1 and "exists already" in err
    out = nc("weights", "list")[1]
    assert any(line.startswith("mine ") and fingerprint(tiny) in line for line in out.splitlines())
    shown = json.loads(nc("weights", "show", "mine")[1])
    assert shown["card"] == {"name": "mine", "steps": 3} and shown["architecture"]["atoms"] == 6
    code, _, err = nc("weights", "add", "mine.json")
    assert code == 1 and "mine.json: not a weights file" in err


def test_train_writes_weights_and_a_card_and_resumes(nc, tmp_path, smooth):
    (tmp_path / "crops").mkdir()
    for i in range(3):
        smooth(64, 60 + 9 * i).save(tmp_path / "crops" / f"{i}.png")
    (tmp_path / "crops" / "broken.png").write_bytes(b"")
    shape = ("--range-size", 8, "--kernel", 10, "--atoms", 8, "--domains", 1, "--width", 8, "--blocks", 1)
    run = ("train", "crops", "--out", "w.safetensors", *shape, "--lambdas", "0.003,0.02", "--crop", 32, "--batch", 2)
    code, _, err = nc(*run, "--steps", 2)
    assert code == 0, err
    assert "skipped: crops/broken.png: not an image" in err and "w.safetensors: 2 steps" in err
    told = ("reading the pictures", "preparing the networks", "choosing dead zones", "fitting the decoder")
    lines = [line.partition(":")[0] for line in err.splitlines()]
    assert [line for line in lines if line in told] == list(told)
    assert "nc encode PICTURE --weights w.safetensors\n" in err and "nc weights add w.safetensors, or" in err
    card = json.loads((tmp_path / "w.json").read_text())
    assert card["steps"] == 2 and card["pictures"]["trained on"] + card["pictures"]["held out"] == 3
    assert len(card["validation"]["results"]["bpp"]) == len(card["validation"]["settings"]) >= 6
    code, _, err = nc(*run, "--steps", 4)
    assert code == 1 and "exists already" in err
    code, _, err = nc(*run, "--steps", 4, "--resume")
    assert code == 0 and "w.safetensors: 4 steps" in err
    assert nc("encode", "crops/0.png", "--weights", "w.safetensors")[0] == 0
    assert not list(tmp_path.glob("*.part"))


def test_ctrl_c_exits_130_and_leaves_nothing(nc, picture, tiny, tmp_path, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    before = listing(tmp_path)
    monkeypatch.setattr(nccodec, "encode", interrupt)
    assert nc("encode", "a.png", "--weights", tiny)[0] == 130
    assert listing(tmp_path) == before


def test_a_failed_write_leaves_the_old_file_and_no_temporary(nc, picture, tiny, tmp_path, monkeypatch):
    (tmp_path / "a.ncl").write_bytes(b"mine")
    before = listing(tmp_path)

    opened = os.fdopen

    def full(handle, mode):
        file = opened(handle, mode)
        file.write(b"some")
        file.close()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    code, _, err = nc("encode", "a.png", "--weights", tiny, "-f")
    assert code == 1 and "No space left on device" in err
    assert listing(tmp_path) == before


@pytest.mark.parametrize(
    "arguments", [["--help"], ["compare", "--help"], ["info", "g.ncl"], ["weights", "list"], ["--version"]]
)
def test_light_commands_never_import_torch(tmp_path, tiny, arguments):
    (tmp_path / "g.ncl").write_bytes((tiny.parent / "ok" / "range-19x14.ncl").read_bytes())
    script = (
        "import sys; from nccodec.cli import main; sys.argv = ['nc', *sys.argv[1:]]\n"
        "try: main()\nexcept SystemExit as end: code = end.code\n"
        "heavy = {'torch', 'scipy', 'constriction', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", script, *arguments], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
