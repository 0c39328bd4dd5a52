"""The tables of a comparison, as text for a terminal, a page or a README."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest

from .comparison import SPEED_RATE, speeds
from .metrics import RATED

SHOWN = {  # titles and formats of what is measured of pictures
    "psnr-rgb": ("PSNR, dB", ".2f"),
    "ms-ssim-rgb": ("MS-SSIM", ".4f"),
    "ssimulacra2": ("SSIMULACRA2", ".2f"),
    "blockiness": ("blockiness", ".3f"),
    "colour-error": ("colour error", ".2f"),
}
_NONE = "-"


@dataclass(frozen=True)
class Table:
    """Cells are text, of which "\\n" starts a new line; the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    note: str = ""

    to_dict = asdict

    def text(self) -> str:
        """In columns of spaces, names to the left, all else to the right."""
        lines = [line for row in [self.columns, *self.rows] for line in _lines(row)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = [
            "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
            for line in lines
        ]
        return "\n".join([self.title, *(line.rstrip() for line in padded), *([self.note] if self.note else [])])


def _lines(row: Sequence[str]) -> list[tuple[str, ...]]:
    return list(zip_longest(*(cell.split("\n") for cell in row), fillvalue=""))


def tables(comparison: dict) -> list[Table]:
    """BD-rates, points of the curves, speeds; those that have a row."""
    found = [*(_bd_rates(comparison, key) for key in RATED), _points(comparison["curves"]), _speeds(comparison)]
    return [table for table in found if table.rows]


def _bd_rates(comparison: dict, metric: str) -> Table:
    rates = [rate for rate in comparison["bd-rates"] if rate["metric"] == metric]
    cells, title = {(rate["codec"], rate["against"]): _bd_cell(rate) for rate in rates}, RATED[metric].title
    anchors = sorted(dict.fromkeys(anchor for _, anchor in cells), key=lambda anchor: anchor != "JPEG")
    names = [curve["name"] for curve in comparison["curves"] if any(curve["name"] == codec for codec, _ in cells)]
    rows = [(name, *(cells.get((name, anchor), _NONE) for anchor in anchors)) for name in names]
    note = f"Rate at equal {title}, negative is smaller; below it the interval that both curves have."
    return Table(f"BD-rate over {title}", ("", *(f"against {anchor}" for anchor in anchors)), rows, note)


def _bd_cell(rate: dict) -> str:
    if "refused" in rate:
        return f"{_NONE}\n{rate['refused'].removeprefix('BD-rate ')}"
    low, high = rate["interval"]
    percent = round(rate["bd-rate"], 1) + 0.0  # so that no -0.0 is shown
    return f"{percent:+.1f} %\n{low:.2f} to {high:.2f} {RATED[rate['metric']].unit}"


def _points(curves: Sequence[dict]) -> Table:
    shown = {key: about for key, about in SHOWN.items() if any(key in curve["results"] for curve in curves)}
    rows = []
    for curve in curves:
        results = curve["results"]
        for i, bpp in enumerate(results["bpp"]):
            values = [format(results[key][i], form) if key in results else _NONE for key, (_, form) in shown.items()]
            setting = f"{curve['settings'][i]:g}" if "settings" in curve else _NONE
            rows.append((curve["name"], setting, f"{bpp:.3f}", *values))
    about = "\n".join(f"{curve['name']}: {curve['description']}" for curve in curves if curve["description"])
    return Table("Means over the pictures", ("", "setting", "bpp", *(name for name, _ in shown.values())), rows, about)


def _speeds(comparison: dict) -> Table:
    rows = []
    for row in speeds(comparison["curves"]):
        setting = _NONE if row["setting"] is None else f"{row['setting']:g}"
        times = (f"{row[verb]:.3f} s" for verb in ("encode", "decode"))
        rows.append((row["name"], setting, f"{row['bpp']:.3f}", *times))
    pictures = comparison["pictures"]
    megapixels = sum(picture["width"] * picture["height"] for picture in pictures) / 1e6 / len(pictures)
    note = f"Seconds a picture, {megapixels:.2f} megapixels on average; what was measured here, in one thread."
    return Table(f"Speed near {SPEED_RATE:g} bpp", ("", "setting", "bpp", "encode", "decode"), rows, note)
