"""What the pages of `pages` are made with: a browser, an office suite, other programs and photographs."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import ComparisonError
from ..evaluation.work import picture_files, read

_SECONDS = 180  # that a program may take
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Maker:
    """What pages are made with. random: of one page."""

    def __init__(self, work: Path, photos: Path | None, random: np.random.Generator) -> None:
        self.work, self.random, self._photos = work, random, photos

    def photograph(self, number: int) -> Path:
        """A PNG of one of the photographs."""
        if self._photos is None:
            raise ComparisonError("needs photographs: --photos FOLDER")
        found = picture_files([self._photos])
        target = self.work / f"photograph-{number}.png"
        read(found[number % len(found)]).save(target)
        return target

    def browser(self, html: str, width: int, height: int, scale: int = 1) -> Image.Image:
        """A window of headless Chromium; scale: device pixels for each of the page's."""
        source, target = self.work / "page.html", self.work / "shot.png"
        source.write_text(html, encoding="utf-8")
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        self.run(
            program(*_BROWSERS), "--headless", *sandbox, "--disable-gpu", "--hide-scrollbars", "--lang=en",
            "--force-color-profile=srgb", f"--user-data-dir={self.work / 'browser'}", f"--window-size={width},{height}",
            f"--force-device-scale-factor={scale}", f"--screenshot={target}", source.as_uri(),
        )  # fmt: skip
        return _taken(target, (width * scale, height * scale))

    def office(self, suffix: str, content: str, *size: str) -> Image.Image:
        """The first page of a flat OpenDocument file; size: options of pdftoppm."""
        office, to_pixels = program("soffice", "libreoffice"), program("pdftoppm")
        source = self.work / f"file.{suffix}"
        source.write_text(content, encoding="utf-8")
        kind = {"fodt": "writer", "fodp": "impress"}[suffix]
        lossless = json.dumps({"UseLosslessCompression": {"type": "boolean", "value": "true"},
                               "ReduceImageResolution": {"type": "boolean", "value": "false"}})  # fmt: skip
        self.run(office, f"-env:UserInstallation={(self.work / 'office').as_uri()}", "--headless", "--convert-to",
                 f"pdf:{kind}_pdf_Export:{lossless}", "--outdir", str(self.work), str(source))  # fmt: skip
        if not (self.work / "file.pdf").exists():
            raise ComparisonError(f"{office} made no PDF: is libreoffice-{kind} installed?")
        self.run(to_pixels, "-png", "-singlefile", *size, str(self.work / "file.pdf"), str(self.work / "file"))
        (self.work / "file.pdf").unlink()
        return _taken(self.work / "file.png")

    def run(self, *words: str, cwd: Path | None = None) -> str:
        """What a program says. ComparisonError where it fails."""
        settings = os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "126", "TERM": "xterm-256color", "TZ": "UTC"}
        try:
            done = subprocess.run(words, cwd=cwd, env=settings, capture_output=True, text=True, timeout=_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ComparisonError(f"{words[0]}: {error}".replace("\n", " ")) from None
        if done.returncode:
            said = (done.stderr.strip() or "nothing said").splitlines()[-1]
            raise ComparisonError(f"{words[0]} failed with {done.returncode}: {said}")
        return done.stdout


def program(*names: str) -> str:
    """The path of the first of some programs that is installed. ComparisonError where none is."""
    for path in map(shutil.which, names):
        if path:
            return path
    raise ComparisonError(f"{names[0]} is not installed")


def _taken(path: Path, size: tuple[int, int] | None = None) -> Image.Image:
    """A picture that a program wrote, as RGB, which is then gone. ComparisonError where it is missing or of another
    size."""
    if not path.exists():
        raise ComparisonError("its program wrote no picture")
    with Image.open(path) as picture:
        found = picture.convert("RGB")
    path.unlink()
    if size and found.size != size:
        raise ComparisonError(
            f"its program wrote {found.width} x {found.height} pixels instead of {size[0]} x {size[1]}"
        )
    return found


def programs() -> dict[str, str]:
    """Versions of what is installed."""
    found = {name: version(name) for name in ("pillow", "numpy", "pygments", "rich")}
    found["python"] = sys.version.split()[0]
    if importlib.util.find_spec("matplotlib"):
        found["matplotlib"] = version("matplotlib")
    for option, *names in (("--version", *_BROWSERS), ("--version", "soffice"), ("-v", "pdftoppm")):
        path = next(filter(None, map(shutil.which, names)), None)
        if path:
            done = subprocess.run([path, option], capture_output=True, text=True, timeout=_SECONDS)
            found[names[0]] = (done.stdout or done.stderr).strip().splitlines()[0].strip()
    return found
