"""Rendered text and screen content, drawn at random: training crops that need no data."""

from itertools import pairwise

import numpy as np
from PIL import Image

from .brush import MARKS, Brush, cells, font, palette, words


def paragraphs(b: Brush) -> None:
    """Lines of text, cut by the border as on a scrolled page: ragged, justified or centred."""
    size, style, ink = b.size(40), b.random.integers(4), b.mix(b.random.uniform(0.7, 1))
    step, space, bullet = round(size * b.random.uniform(1.15, 1.6)), font(size).getlength(" "), b.chance(0.2)
    left, right, y = b.px(-25, 14), b.width - b.px(-25, 14), -int(b.random.integers(step))
    if b.chance(0.3):
        head, title = min(b.px(40), round(size * b.random.uniform(1.2, 2))), b.label(6)
        for bold in range(int(b.random.integers(1, 3))):  # the bundled font has one weight: drawn twice is bold
            b.text(max(left, b.px(3)) + bold, b.px(3), title, head, b.palette.ink)
        y = round(1.6 * head)
    line, used, start = [], 0, left
    for word in words(b.random, 8 + int(b.width * max(0, b.height - y) / (2.4 * size * step))):
        length, ending = font(size).getlength(word), bool(line) and line[-1][-1] == "." and b.chance(0.25)
        if not line or (start + used + space + length <= right and not ending):
            used = used + space + length if line else length
            line.append(word)
            continue
        slack, linked = right - start - used, b.random.integers(len(line)) if b.chance(0.12) else -1
        gap = space + slack / max(1, len(line) - 1) if style == 1 and not ending else space
        x = start + slack / 2 if style == 2 else start
        if gap == space and linked < 0:
            line = [" ".join(line)]
        for place, piece in enumerate(line):
            colour, end = b.palette.accents[0] if place == linked else ink, x + font(size).getlength(piece)
            b.text(x, y, piece, size, colour)
            if place == linked and style:
                b.draw.line((x, y + size, end, y + size), colour)
            x = end + gap
        line, used, start, y = [word], length, left, y + step
        if ending:
            y, start = y + b.px(0, 10), left + (2 * size if bullet else 0)
            if bullet:
                b.icon(left + size // 2, y + size // 2, max(2, size // 2), ink)
        if y > b.height:
            break


def code(b: Brush) -> None:
    """Indented lines in cells of one width, words coloured by kind, perhaps with line numbers."""
    atlas = cells(b.size(22))
    pad, rows, columns = b.px(0, 5), 1 + b.height // atlas.shape[1], 1 + b.width // atlas.shape[2]
    high = atlas.shape[1] + pad
    glyphs, kinds = np.zeros((2, rows, columns + 64), int)  # with room on both sides for words that the border cuts
    numbers, depth, shift = b.chance(0.4), int(b.random.integers(3)), int(b.random.integers(2, 11))
    pool = iter(words(b.random, rows * (4 + columns // 3)))
    for row in range(rows):
        at, comment = (13 if numbers else shift) + 4 * depth, b.chance(0.12)
        tokens = [(f"{row + 37:4d}", 3, 8)] if numbers else []
        for kind, joint in b.random.integers((9, 16), size=(b.random.integers(3 + columns // 5), 2)).tolist():
            if at > columns + 8:
                break
            word = next(pool, "x").strip(MARKS + '"()').lower()
            word = f'"{word}"' if kind == 5 else str(len(word) * 7) if kind == 6 else word
            tokens.append((word, 3 if comment else kind if kind in (4, 5, 6) else 1, at))
            tokens.append((" .(=[+{,:);-_ ] "[joint], 3 if comment else 1, at + len(word)))
            at += len(word) + 1 + (joint in (3, 5, 7))
        for text, kind, at in tokens:
            glyphs[row, at : at + len(text)] = [ord(letter) - 32 for letter in text]
            kinds[row, at : at + len(text)] = kind
        depth = max(0, min(depth + int(b.random.integers(-1, 2)), columns // 12))
    glyphs, kinds = glyphs[:, 8 : 8 + columns], kinds[:, 8 : 8 + columns]
    colours = np.array([b.palette.ground, b.palette.ink, b.mix(0.1), b.mix(0.45), *b.palette.accents], np.float32)
    cover = np.zeros((rows, high, columns, atlas.shape[2], 1), np.float32)
    cover[:, : atlas.shape[1], ..., 0] = atlas[glyphs].transpose(0, 2, 1, 3) / np.float32(255)
    ground = colours[np.where(np.arange(rows) == b.random.integers(3 * rows), 2, 0)][:, None, None, None]
    pixels = ground + cover * (colours[kinds][:, None, :, None] - ground)
    picture = Image.fromarray((pixels + 0.5).astype(np.uint8).reshape(rows * high, columns * atlas.shape[2], 3))
    b.image.paste(picture, (0, -int(b.random.integers(high)) if b.height > 2 * high else 0))


def table(b: Brush) -> None:
    """Cells of numbers and labels between lines, bands or both; perhaps a spreadsheet with its rulers."""
    size, sheet, ruled, banded = b.size(18), b.chance(0.4), b.chance(0.75), b.chance(0.35)
    step, line, face, pad = round(size * b.random.uniform(1.3, 2)), b.mix(b.random.uniform(0.12, 0.5)), 0.08, b.px(3)
    xs = [b.px(-40, 6)]
    while len(xs) < 2 or xs[-1] < b.width:
        xs.append(xs[-1] + b.px(26, 60 + 3 * size / b.scale))
    ys = list(range(b.px(-20, 8), b.height + step, step))
    filled, picked = b.chance(0.5), (b.random.integers(len(ys)), b.random.integers(len(xs) - 1))
    for row, y in enumerate(ys):
        head = row == 0 or (sheet and row == 1)
        if head or (banded and row % 2):
            b.rectangle((xs[0], y, b.width, y + step), b.mix(2 * face if head else face))
        for column, (x, end) in enumerate(pairwise(xs)):
            if (row, column) == picked:
                b.rectangle((x, y, end, y + step), b.mix(face), b.accent(), width=b.px(2))
            elif sheet and b.chance(0.35):
                continue
            right, middle = (column + filled) % 3 > 0 and not head, y + step // 2
            text = chr(65 + column % 26) if sheet and row == 0 else b.number() if right else b.label(1)
            b.text(end - pad if right else x + pad, middle, text, size, b.mix(0.9), "rm" if right else "lm", end - x)
            if ruled:
                b.draw.line((end, y, end, y + step), line)
        if ruled or head:
            b.draw.line((xs[0], y, b.width, y), line)


def form(b: Brush) -> None:
    """Rows of controls: buttons, fields, boxes, sliders, progress, tabs, the entries of a menu."""
    size, accent, line, menu = b.size(18), b.accent(), b.mix(b.random.uniform(0.2, 0.6)), b.chance(0.35)
    step, corner, x0 = round(size * b.random.uniform(1.6, 2.6)), b.px(1, 9), b.px(-10, 14)
    y, right, high = b.px(-15, 8), b.width - b.px(-10, 14), round(1.6 * size)
    while y < b.height:
        x, kind, middle = x0, 5 if menu else b.random.integers(7), y + high // 2
        while x < right:
            text, on = b.label(), b.chance(0.4)
            wide = round(font(size).getlength(text)) + size
            face, ink = (accent, b.palette.ground) if on else (b.mix(0.07), b.mix(0.95))
            if kind in (0, 1):
                outline = None if kind and on else line
                b.rectangle((x, y, x + wide, y + high), face, outline, corner=corner * kind)
                b.text(x + wide / 2, middle, text, size, ink, "mm")
            elif kind in (2, 3):  # a field, empty or with its contents, after its label
                b.text(x, middle, text, size, b.mix(0.8), "lm")
                b.rectangle((x + wide, y, right, y + high), b.mix(0.03), line)
                b.text(x + wide + size // 3, middle, b.label(3) if on else "", size, b.mix(0.6), "lm", right - x - wide)
                x = right
            elif kind == 4:  # a bar of progress, with a knob for a slider
                b.rectangle((x, middle, right, middle + b.px(3)), b.mix(0.2))
                x = int(b.random.uniform(x, right))
                b.rectangle((x0, middle, x, middle + b.px(3)), accent)
                b.smooth(x, middle - size // 3, size, size, face, "ellipse", [(0, 0), (1, 1)])
                x = right
            elif kind == 5:  # an entry of a menu or list
                if on and b.chance(0.4):
                    b.rectangle((x0, y - 1, right, y + high), b.mix(0.15))
                b.icon(x + 2, middle - size // 2, size, accent if on else b.mix(0.6))
                b.text(x + 2 * size, middle, text, size, b.mix(0.95), "lm", right - x - 6 * size)
                b.text(right - size // 2, middle, "Ctrl+" + text[0] if on else ">", size, b.mix(0.6), "rm")
                x = right
            else:
                mark = "ellipse" if corner > b.px(4) else "rectangle"
                getattr(b.draw, mark)((x, middle - size // 2, x + size, middle + size // 2), b.mix(0.02), line)
                if on:
                    b.smooth(x + 2, middle - size // 2 + 2, size - 3, size - 3, accent, mark, [(0.1, 0.1), (0.9, 0.9)])
                b.text(x + size + b.px(4), middle, text, size, b.mix(0.9), "lm")
                wide += size
            x += wide + b.px(4, 14)
        y += step if menu else step + b.px(0, 8)
        if b.chance(0.2):
            b.draw.line((x0, y - 2, right, y - 2), line)


def chart(b: Brush) -> None:
    """Axes, ticks and grid with bars, polylines, an area or dots."""
    size, kind, line, count = b.size(14), b.random.integers(4), b.mix(0.25), int(b.random.integers(4, 16))
    left, bottom, top = b.px(2, 36), b.height - b.px(2, 24), b.px(0, 24)
    wide, high = max(2, b.width - left - b.px(0, 10)), max(2, bottom - top)
    for tick in np.linspace(0, 1, int(b.random.integers(3, 7))):
        y = bottom - int(tick * high)
        b.draw.line((left - b.px(3), y, left + wide, y), line)
        b.text(left - b.px(5), y, f"{tick * count * 5:.0f}", size, b.mix(0.7), "rm")
    for series in range(int(b.random.integers(1, 4))):
        values = np.clip(0.5 + np.cumsum(b.random.normal(0, 0.16, count)), 0.03, 1)
        places, colour = np.linspace(0, 1, count + 1), b.palette.accents[series]
        points = [(p * count / max(1, count - 1), 1 - v) for p, v in zip(places[:-1], values, strict=True)]
        if kind == 0:
            for place, value in zip(left + places[:-1] * wide, values, strict=True):
                x = place + series * wide / count / 4
                b.rectangle((x, bottom - value * high, x + max(1, wide / count / 4 - 1), bottom), colour)
        elif kind == 1:
            b.smooth(left, top, wide, high, colour, "polygon", [(0, 1), *points, (1, 1)])
        elif kind == 2:
            b.smooth(left, top, wide, high, colour, "line", points, width=3 * b.px(1, 3), joint="curve")
        else:
            for px, py in points:
                b.icon(left + int(px * wide), top + int(py * high), b.px(3, 8), colour)
        b.text(left + wide * (series + 1) / 4, bottom + b.px(3), b.label(1), size, b.mix(0.7), room=wide / 4)
    b.draw.line((left, top, left, bottom, left + wide, bottom), b.mix(0.9))


def icons(b: Brush) -> None:
    """A grid of icons, as on a desktop or in a toolbar, with names or without."""
    side, size, named = b.px(10, 48), b.size(14), b.chance(0.5)
    step = side + b.px(4, 24) + (size if named else 0)
    for y in range(b.px(-8, 8), b.height, step + (size if named else 0)):
        for x in range(b.px(-8, 8), b.width, step):
            if b.chance(0.5):
                b.rectangle((x - 2, y - 2, x + side + 2, y + side + 2), b.mix(0.08), b.mix(0.3))
            b.icon(x, y, side, b.accent() if b.chance(0.7) else b.mix(0.8))
            b.icon(x + side // 4, y + side // 4, side // 2, b.accent() if b.chance(0.5) else b.palette.ground)
            if named:
                b.text(x + side / 2, y + side + b.px(3), b.label(1), size, b.mix(0.9), "ma", 1.2 * step)


def picture(b: Brush) -> None:
    """Smooth noise of several octaves: stands for a photograph on the page."""
    box, coloured = (b.width, b.height), b.chance(0.8)
    for octave, share in ((4, 1), (7, 0.4), (19, 0.25), (53, 0.12)):
        noise = b.random.integers(0, 256, (octave, octave, 1)).repeat(3, 2)
        if share == 1 and coloured:
            noise = (noise + b.random.integers(0, 256, noise.shape)) // 2
        layer = Image.fromarray(noise.astype(np.uint8)).resize(box, Image.Resampling.BICUBIC)
        b.image.paste(layer if share == 1 else Image.blend(b.image, layer, share))


def banner(b: Brush) -> None:
    """A flat fill or a gradient, with large type on it or without."""
    if b.chance(0.6):
        ends, turn = np.array([b.accent(), b.accent() if b.chance(0.4) else b.palette.ground]), b.random.uniform(0, 7)
        rows, columns = np.cos(turn) * np.linspace(-1, 1, b.height), np.sin(turn) * np.linspace(-1, 1, b.width)
        blend = ((rows[:, None] + columns) / 2.83 + 0.5)[..., None]
        b.image.paste(Image.fromarray((ends[0] + blend * (ends[1] - ends[0])).clip(0, 255).astype(np.uint8)))
    else:
        b.rectangle((0, 0, b.width, b.height), b.accent() if b.chance(0.5) else b.palette.ground)
    if b.chance(0.6):
        size, y = b.px(14, 40), b.px(-10, 60)
        for _ in range(int(b.random.integers(1, 4))):
            b.text(b.px(-10, 20), y, b.label(4), size, b.mix(b.random.integers(2)), room=b.width)
            y += round(1.2 * size)


def window(b: Brush) -> None:
    """A frame with its title bar, on a desktop that shows or not, and anything in it."""
    left, top, right, bottom = b.px(-12, 12), b.px(-8, 12), b.width - b.px(-12, 12), b.height - b.px(-12, 12)
    bar, size, plain, wide = b.px(16, 30), b.size(14), b.chance(0.5), b.px(1, 2)
    b.part(0, 0, b.width, b.height, banner if b.chance(0.7) else picture)
    b.rectangle((left, top, right, bottom), b.mix(0.1) if plain else b.accent(), b.mix(0.6))
    room = right - left - 4 * (size + b.px(5))
    b.text(left + b.px(6), top + bar // 2, b.label(3), size, b.mix(0.9) if plain else b.palette.ground, "lm", room)
    for place in range(1, 4):
        b.icon(right - place * (size + b.px(5)), top + (bar - size) // 2, size, b.accent() if plain else b.mix(0.2))
    b.part(left + wide, top + bar, right - wide + 1, bottom - wide + 1, arrange, 0.2)


PANELS = {paragraphs: 0.34, code: 0.16, table: 0.13, form: 0.13, chart: 0.08, icons: 0.06, picture: 0.05, banner: 0.05}


def arrange(b: Brush) -> None:
    """Splits the panel, frames it as a window or fills it with one kind of content, by its size."""
    wide, high = b.width / b.scale, b.height / b.scale
    if b.chance(wide * high / 280**2) and max(wide, high) > 100:
        across, cut, gap = b.chance(wide**4 / (wide**4 + high**4)), b.random.uniform(0.3, 0.7), b.px(0, 2)
        place = round(cut * (b.width if across else b.height))
        b.rectangle((0, 0, b.width, b.height), b.mix(b.random.uniform(0, 0.6)))
        b.part(0, 0, place if across else b.width, b.height if across else place, arrange, 0.3)
        b.part(place + gap if across else 0, 0 if across else place + gap, b.width, b.height, arrange, 0.3)
    elif min(wide, high) > 80 and b.chance(0.15):
        window(b)
    else:
        tuple(PANELS)[b.random.choice(len(PANELS), p=tuple(PANELS.values()))](b)


def screen(height: int, width: int, random: np.random.Generator) -> np.ndarray:
    """A random piece of screen, uint8 [height, width, 3]; the same for the same state of `random`. One
    in three is drawn larger and reduced, by area or bicubic, so that not all strokes fit the pixels."""
    reduced = random.random() < 1 / 3
    scale = random.uniform(1.2, 2.2) if reduced else 1.0
    brush = Brush(round(width * scale), round(height * scale), scale, palette(random), random, [])
    arrange(brush)
    if reduced:
        method = Image.Resampling.BOX if random.random() < 0.5 else Image.Resampling.BICUBIC
        brush.image = brush.image.resize((width, height), method)
    return np.array(brush.image)
