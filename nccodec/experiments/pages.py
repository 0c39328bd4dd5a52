"""`pages`: twelve test pages of text and screen content, from real programs where there is one.

Debian's packages for them: chromium, libreoffice-writer, libreoffice-impress, poppler-utils, fonts-liberation,
fonts-roboto-unhinted, fonts-dejavu. Nothing here is shared with `training.screens`.
"""

import hashlib
import importlib.util
import json
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated

import numpy as np
import typer
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from ..errors import ComparisonError
from . import pages_office as office
from . import pages_text as text
from .common import say
from .pages_programs import Maker, program, programs

_SEED = 20_240_229


def command(
    folder: Annotated[Path, typer.Argument(help="Folder to write to.")],
    photos: Annotated[Path | None, typer.Option(help="Folder of photographs for the pages that show one.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="File for what was made, with what, and why not.")] = None,
) -> None:
    """Write twelve test pages, and below enlarged/ two more with the same rendered at 4x, of which they are area means.

    The same for the same installed programs and photographs. A page whose program is missing is left out, which is
    said, and the exit code is then 1.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "enlarged").mkdir(exist_ok=True)
    made, skipped = {}, {}
    with tempfile.TemporaryDirectory() as name:
        for number, (title, page) in enumerate((_PAGES | _ENLARGED).items()):
            maker = Maker(Path(name), photos, np.random.default_rng([_SEED, number]))
            try:
                picture = page(maker)
            except ComparisonError as error:
                skipped[title] = str(error)
                say(f"{title}: left out: {error}")
                continue
            place = folder
            if title in _ENLARGED:
                place = folder / "enlarged"
                picture.save(place / f"{title}@4x.png")
                picture = area_mean(picture, 4)
            picture.save(place / f"{title}.png")
            digest = hashlib.sha256(picture.tobytes()).hexdigest()[:16]
            made[title] = {"width": picture.width, "height": picture.height, "sha256": digest}
            say(f"{title}: {picture.width} x {picture.height}, {digest}")
    if out:
        about = {"programs": programs(), "pages": made, "left out": skipped}
        out.write_text(json.dumps(about, indent=1) + "\n")
    if skipped:
        raise typer.Exit(1)


def area_mean(picture: Image.Image, scale: int) -> Image.Image:
    """RGB reduced by the mean of each square of `scale` pixels a side, rounded to the nearest level."""
    z = np.asarray(picture, np.uint32).reshape(picture.height // scale, scale, picture.width // scale, scale, 3)
    return Image.fromarray(((2 * z.sum((1, 3)) + scale**2) // (2 * scale**2)).astype(np.uint8))


def _article(maker: Maker) -> Image.Image:
    return maker.browser(text.article(maker.photograph(20)), 1280, 900)


def _editor(maker: Maker) -> Image.Image:
    library = Path(sysconfig.get_path("stdlib"))
    left, right = ((name, (library / name).read_text(encoding="utf-8")) for name in ("textwrap.py", "graphlib.py"))
    names = [*sorted(path.name for path in library.glob("[a-t]*.py"))[:110:2], left[0]]
    return maker.browser(text.editor(left, right, names), 1920, 1080)


def _sheet(maker: Maker) -> Image.Image:
    return maker.browser(text.sheet(maker.random), 1280, 800)


def _map(maker: Maker) -> Image.Image:
    return maker.browser(text.town(maker.random, 1100, 850), 1100, 850)


def _document(maker: Maker) -> Image.Image:
    rows = [
        ("Basin", "Area, km²", "Rain, mm", "Outflow, m³/s"),
        ("Upper Alder", "214.6", "1,121", "3.84"),
        ("Brook End", "88.0", "1,047", "1.31"),
        ("Mill Pond", "12.5", "998", "0.17"),
        ("Weir", "402.9", "1,063", "6.02"),
    ]
    parts = [("1. From a voyage", text.SPECIES), ("2. From a pond", text.WALDEN), ("3. From a whaler", text.WHALE)]
    page = maker.office("fodt", office.document("Notes of three travellers", parts, rows), "-r", "120")
    return page.crop((0, 0, page.width, 900))


def _slide(maker: Maker) -> Image.Image:
    content = office.slide(maker.photograph(7))
    return maker.office("fodp", content, "-scale-to-x", "1280", "-scale-to-y", "720")


def _scan_colour(maker: Maker) -> Image.Image:
    """A page of a book, printed on yellowish paper and scanned in colour."""
    style = (
        "body{margin:60px 110px;font:44px/60px 'Liberation Serif';text-align:justify;hyphens:auto}h2{text-align:center}"
    )
    body = f"<h2>I. THE RIVER BANK</h2><p>{text.WILLOWS}</p><p style='text-indent:2em'>{text.BANK}</p>"
    html = f"<!doctype html><html lang='en'><meta charset='utf-8'><style>{style}</style><body>{body}"
    return scanned(maker.browser(html, 1800, 1600), maker.random, 1.1, bitonal=False)


def _scan_bitonal(maker: Maker) -> Image.Image:
    """A typed letter as a copying machine or a fax gives it, nearly black and white."""
    rows = [("No.", "Article", "Pieces", "Price"), ("12", "Roof tiles, red", "1,400", "2,310.00"),
            ("13", "Battens, larch", "96", "412.80"), ("14", "Copper nails", "3,000", "174.00")]  # fmt: skip
    parts = [("Yours of the 14th", "Dear Sir, we thank you for your letter and are pleased to confirm the delivery of "
              "the goods listed below, carriage paid to Long Acre station. Kindly have a cart at the yard before nine, "
              "since the siding is wanted for coal in the forenoon. The nails follow by post. As to the slates "
              "of which you ask, the quarry has had no frost-free week since Candlemas and offers none before May; we "
              "have set aside two thousand from an earlier lot, somewhat thicker, and hold them "
              "for you until the 30th."),
             ("Terms", "Two and a half per cent for payment within thirty days. Breakages are to be reported to the "
              "carrier while he is present; we regret that later claims cannot be considered.")]  # fmt: skip
    page = maker.office("fodt", office.document("Harrow & Pike, Builders' Merchants", parts, rows), "-r", "250")
    return scanned(page.crop((110, 90, 1970, 1330)), maker.random, -0.8, bitonal=True)


def scanned(page: Image.Image, random: np.random.Generator, degrees: float, bitonal: bool) -> Image.Image:
    """A page of twice the size as a scan: ink that spreads and breaks, paper, a tilt, uneven light, a sensor's noise.

    bitonal: with the contrast of a copying machine, whose specks are black.
    """

    def rough(scale: float) -> np.ndarray:
        """Smooth noise of unit deviation, with grains of about `scale` pixels."""
        size = (int(page.height / scale) + 2, int(page.width / scale) + 2)
        grains = Image.fromarray(random.standard_normal(size).astype(np.float32))
        found = np.asarray(grains.resize(page.size, Image.Resampling.BICUBIC))
        return found / found.std()

    ink = np.asarray(page.convert("L").filter(ImageFilter.GaussianBlur(1.2)), np.float32) / 255
    ink = 1 / (1 + np.exp(14 * (ink - 0.62) + 0.9 * rough(1) + 0.7 * rough(5)))  # coverage, with frayed edges
    ink[random.random(ink.shape) < (6e-5 if bitonal else 2e-5)] = 1
    printed = Image.fromarray((255 * ink + 0.5).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.9))
    cover = np.asarray(printed.rotate(degrees, Image.Resampling.BICUBIC), np.float32)[..., None] / 255
    paper = 1 + 0.012 * rough(3) + 0.012 * rough(40)
    y, x = np.mgrid[-1 : 1 : page.height * 1j, -1 : 1 : page.width * 1j]
    light = 0.97 - 0.06 * (x + 0.3 * y + 0.8) ** 2 - 0.03 * y
    colours = np.array([[0.95, 0.92, 0.84], [0.20, 0.19, 0.21]] if not bitonal else [[1, 1, 1], [0.12, 0.12, 0.12]])
    z = (light * paper)[..., None] * (colours[0] + cover * (colours[1] - colours[0]))
    z = z[: page.height // 2 * 2, : page.width // 2 * 2]
    z = z.reshape(z.shape[0] // 2, 2, z.shape[1] // 2, 2, 3).mean((1, 3))
    if bitonal:
        grey = z.mean(-1, keepdims=True) + 0.02 * random.standard_normal((*z.shape[:2], 1))
        return Image.fromarray((255 * (0.5 + 6 * (grey - 0.63)).clip(0, 1) + 0.5).astype(np.uint8).repeat(3, 2))
    z += 0.009 * random.standard_normal(z.shape) + 0.008 * random.standard_normal((*z.shape[:2], 1))
    return Image.fromarray((255 * z.clip(0, 1) + 0.5).astype(np.uint8))


def _terminal(maker: Maker) -> Image.Image:
    """What coloured programs say, in cells of 8 x 16 pixels and a font without antialiasing."""
    from rich.color import Color
    from rich.console import Console
    from rich.style import Style
    from rich.terminal_theme import MONOKAI
    from rich.text import Text

    library, columns = Path(sysconfig.get_path("stdlib")), 128
    shown = ["ls --color=always -x -I __pycache__ email", "grep --color=always -n raise shlex.py",
             "python -m rich.syntax -c -l -w 126 -t ansi_dark sched.py"]  # fmt: skip
    said = ""
    for line in shown:
        first, *words = line.split()
        said += f"\x1b[1;32mada@lovelace\x1b[0m:\x1b[1;34m~/lib\x1b[0m$ {line.replace(' --color=always', '')}\n"
        said += maker.run(sys.executable if first == "python" else program(first), *words, cwd=library)
    folder = Path(_matplotlib().get_data_path(), "fonts", "ttf")
    faces = [ImageFont.truetype(str(folder / name), 13) for name in ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")]
    console = Console(width=columns, color_system="256", force_terminal=True)
    lines = console.render_lines(Text.from_ansi(said), console.options.update(width=columns))[:48]
    picture = Image.new("RGB", (8 * columns, 16 * 48), tuple(MONOKAI.background_color))
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    for row, line in enumerate(lines):
        column = 0
        for piece in line:
            style = piece.style or Style()
            ink = tuple((style.color or Color.default()).get_truecolor(MONOKAI))
            if style.bgcolor and not style.bgcolor.is_default:
                place = (8 * column, 16 * row, 8 * (column + piece.cell_length) - 1, 16 * row + 15)
                draw.rectangle(place, tuple(style.bgcolor.get_truecolor(MONOKAI)))
            for letter in piece.text:
                draw.text((8 * column, 16 * row + 1), letter, ink, faces[bool(style.bold)])
                column += 1
    return picture


def _matplotlib() -> ModuleType:
    """ComparisonError where it is missing."""
    if not importlib.util.find_spec("matplotlib"):
        raise ComparisonError("matplotlib is not installed")
    import matplotlib

    return matplotlib


def _plot(maker: Maker) -> Image.Image:
    """Axes with a band, steps, contours with labels, and a polar rose."""
    _matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    random, figure = maker.random, Figure((10.5, 8), dpi=100)
    canvas, grid = FigureCanvasAgg(figure), figure.add_gridspec(2, 3, hspace=0.32, wspace=0.34)
    days = np.arange(240)
    level = 20 + 8 * np.sin(days / 38) + random.normal(0, 0.6, 240).cumsum() / 3
    axes = figure.add_subplot(grid[0, :2], title="Water level at the weir", xlabel="day of the year", ylabel="cm")
    axes.fill_between(days, level - 3, level + 3, alpha=0.3, color="tab:blue", label="95 %")
    axes.plot(days, level, "tab:blue", label="model")
    axes.plot(days[::6], level[::6] + random.normal(0, 1.8, 40), "k.", ms=4, label="gauge")
    axes.annotate("storm", (171, level[171]), (190, level[171] + 7), arrowprops={"arrowstyle": "->"})
    axes.legend(ncols=3)
    rose = figure.add_subplot(grid[0, 2], projection="polar", title="Wind")
    rose.bar(np.arange(16) * np.pi / 8, random.gamma(3, 2, 16), width=0.36, color="tab:green", edgecolor="k", lw=0.5)
    x, y = np.meshgrid(np.linspace(-3, 3, 120), np.linspace(-2, 2, 90))
    z = np.exp(-((x - 1) ** 2) - y**2) - 0.8 * np.exp(-((x + 1) ** 2) - (y - 0.4) ** 2) + 0.1 * np.sin(2 * x)
    axes = figure.add_subplot(grid[1, 0], title=r"$\phi(x, y)$", xlabel="x", ylabel="y")
    axes.clabel(axes.contour(x, y, z, 11, cmap="coolwarm"), fontsize=7)
    axes = figure.add_subplot(grid[1, 1], title="Residuals", xlabel="cm", yscale="log")
    axes.hist(random.standard_t(4, (900, 2)), 24, histtype="step", label=["spring", "autumn"])
    axes.grid(alpha=0.4)
    axes.legend()
    axes = figure.add_subplot(grid[1, 2], title="Months")
    axes.boxplot(list(random.normal(0, 1, (7, 60)) + random.normal(0, 1, (7, 1))), tick_labels=list("ONDJFMA"))
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def _sprites(maker: Maker) -> Image.Image:
    """A level of a game, of 16 x 16 tiles in 20 colours, with figures and a line of score."""
    random, wide, high, side = maker.random, 60, 40, 16
    colours = np.array([
        0x1a1c2c, 0x333c57, 0x566c86, 0x94b0c2, 0xf4f4f4, 0x5d275d, 0xb13e53, 0xef7d57, 0xffcd75, 0xa7f070,
        0x38b764, 0x257179, 0x29366f, 0x3b5dc9, 0x41a6f6, 0x73eff7, 0x6b4226, 0x8f5f32, 0xc28b4e, 0xe8c47a,
    ])  # fmt: skip
    palette = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], 1).astype(np.uint8)

    def tile(ground: int, spots: Sequence[int], share: float) -> np.ndarray:
        where = random.random((side, side)) < share
        return np.where(where, random.choice(spots, (side, side)), ground)

    grounds = [
        (13, (14, 14, 15), 0.10),
        (19, (18, 8), 0.12),
        (10, (9, 11), 0.16),
        (11, (10, 12), 0.3),
        (2, (1, 3), 0.25),
    ]
    tiles = [[tile(*kind) for _ in range(3)] for kind in grounds]
    noise = Image.fromarray(random.random((9, 12)).astype(np.float32)).resize((wide, high), Image.Resampling.BICUBIC)
    kinds = np.searchsorted((0.3, 0.38, 0.62, 0.8), np.asarray(noise))
    level = np.block([[tiles[kind][random.choice(3, p=(0.7, 0.2, 0.1))] for kind in row] for row in kinds])
    for y, x in np.ndindex(high, wide):  # a dark shore below higher ground
        if y and kinds[y, x] < kinds[y - 1, x]:
            level[side * y : side * y + 3, side * x : side * x + side] = 1 if kinds[y, x] else 12
    tree = np.full((side, side), -1)
    yy, xx = np.mgrid[:side, :side] - 7.5
    tree[(abs(xx) < 2) & (yy > 3)] = 16
    tree[xx**2 + (yy + 1.5) ** 2 < 36], tree[xx**2 + (yy + 1.5) ** 2 < 27] = 0, 11
    tree[(xx + 2) ** 2 + (yy + 3.5) ** 2 < 7] = 10
    house = np.where(yy < -abs(xx) / 2 + 1, np.where((yy.astype(int) + 20) % 3 == 0, 5, 6), 17)
    house[(abs(xx) < 2) & (yy > 2)], house[yy < abs(xx) - 9] = 0, -1
    figures = []
    for _ in range(6):
        half = random.random((12, 6)) < np.linspace(0.3, 0.85, 6)
        body = np.where(half, random.choice((4, 6, 7, 8, 13), (12, 1)), -1)
        body = np.pad(np.concatenate([body, body[:, ::-1]], 1), 2, constant_values=-1)
        near = np.max([np.roll(body >= 0, shift, axis) for shift in (-1, 1) for axis in (0, 1)], 0)
        figures.append(np.where((body < 0) & near, 0, body))
    for count, kind, shapes in (
        (170, 2, [tree]),
        (110, 3, [tree]),
        (26, 1, [house]),
        (45, 2, figures),
        (18, 0, figures),
    ):
        places = np.argwhere(kinds == kind)
        for y, x in places[random.permutation(len(places))[:count]] * side:
            shape = shapes[random.integers(len(shapes))]
            part = level[y : y + side, x : x + side]
            part[...] = np.where(shape < 0, part, shape)
    picture = Image.fromarray(palette[level])
    draw = ImageDraw.Draw(picture)
    draw.fontmode = "1"
    draw.rectangle((0, 0, wide * side, 23), tuple(palette[0].tolist()))
    draw.text((8, 6), "SCORE 004120   KEYS 2/5   LEVEL 7: THE DROWNED MILL", tuple(palette[8].tolist()), _bitmap_font())
    for heart in range(5):
        draw.rectangle((860 + 18 * heart, 6, 871 + 18 * heart, 17), tuple(palette[6 if heart < 3 else 1].tolist()))
    return picture


def _bitmap_font() -> ImageFont.ImageFont:
    """Pillow's own, of one bit."""
    return (
        ImageFont.load_default_imagefont() if hasattr(ImageFont, "load_default_imagefont") else ImageFont.load_default()
    )


def _dither(maker: Maker) -> Image.Image:
    with Image.open(maker.photograph(19)) as photograph:
        wide = photograph.convert("L").resize((900, 600), Image.Resampling.LANCZOS)
    return wide.crop((50, 0, 850, 600)).convert("1").convert("RGB")  # Floyd-Steinberg


_PAGES: dict[str, Callable[[Maker], Image.Image]] = {
    "article": _article, "editor": _editor, "sheet": _sheet, "map": _map, "terminal": _terminal,
    "document": _document, "slide": _slide, "scan-colour": _scan_colour, "scan-bitonal": _scan_bitonal,
    "sprites": _sprites, "dither": _dither, "plot": _plot,
}  # fmt: skip
_ENLARGED: dict[str, Callable[[Maker], Image.Image]] = {
    "text": lambda maker: maker.browser(text.plain_text(), 640, 480, 4),
    "controls": lambda maker: maker.browser(text.controls(), 640, 480, 4),
}
