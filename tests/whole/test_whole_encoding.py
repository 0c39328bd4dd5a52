"""Pictures to whole-image maps: the closed form against a search of everything, promises of options, refinement."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import nccodec
from nccodec.codec.file import read_file
from nccodec.errors import LimitError, NclWarning
from nccodec.imaging.psnr import psnr
from nccodec.whole.code import range_size
from nccodec.whole.encoding import Encoder
from nccodec.whole.fitting import Rules, fit
from nccodec.whole.geometry import domain_of, ranges_of
from nccodec.whole.header import MAX_CANVAS, STEP_UNIT, step_of
from nccodec.whole.options import Options

ANY = settings(max_examples=200)


def code_of(picture: Image.Image, quality: float = 75, **options):
    return read_file(nccodec.encode(picture, quality, map="whole", **options)).code


def turned(block: np.ndarray, number: int) -> np.ndarray:
    """Isometry of [C, rows, columns], as in section 4.5 of bitstream_spec.md."""
    return np.rot90(block.transpose(0, 2, 1) if number >= 4 else block, number % 4, (1, 2))


def error_of_all(cell: np.ndarray, domain: np.ndarray, isometries, sizes) -> float:
    """The least squared error that any s in 1/32 and any isometry leave."""
    return min(((cell - s / 32 * turned(domain, i)) ** 2).sum() for i in isometries for s in sizes)


@pytest.mark.parametrize(("floor", "negatives"), [(0, False), (0, True), (12, False), (12, True), (30, True)])
@pytest.mark.parametrize(("shape", "isometries"), [((4, 4), tuple(range(8))), ((3, 5), (0, 2, 5, 7)), ((4, 4), (0,))])
def test_the_closed_form_is_the_best_of_all(shape, isometries, floor, negatives):
    """Of 5 x 5 ranges of noise, some of them near to a copy; bits being free."""
    random = np.random.default_rng(3)
    domain = random.normal(0, 30, (3, *shape))
    domain -= domain.mean((1, 2), keepdims=True)
    cells = random.normal(0, 20, (5, 5, 3, *shape))
    cells[1] += 0.8 * turned(domain, isometries[-1])
    cells[2] -= 0.8 * domain
    cells -= cells.mean((3, 4), keepdims=True)
    choice = fit(cells, domain, None, Rules(isometries, floor, negatives, 0.0))
    sizes = [s for s in range(-30, 31) if abs(s) >= floor and (negatives or s >= 0)]
    for y, x in np.ndindex(5, 5):
        s, i = choice.scales[y, x], choice.isometries[y, x]
        assert s in sizes and (i in isometries if s else i == 0)
        left = ((cells[y, x] - s / 32 * turned(domain, i)) ** 2).sum()
        assert left == pytest.approx(error_of_all(cells[y, x], domain, isometries, sizes), rel=1e-9)
    assert not choice.styles.any()


@pytest.mark.parametrize("floor", [0, 10])
def test_the_closed_form_chooses_between_domain_and_style(floor):
    random = np.random.default_rng(4)
    domain, style = (part - part.mean() for part in random.normal(0, 30, (2, 1, 4, 4)))
    cells = random.normal(0, 8, (6, 6, 1, 4, 4))
    cells[:3] += 0.7 * style
    cells[3:] += 0.7 * turned(domain, 5)
    cells -= cells.mean((3, 4), keepdims=True)
    choice = fit(cells, domain, style, Rules(tuple(range(8)), floor, False, 0.0))
    assert (choice.styles[:3] > 0).all() and (choice.scales[3:] > 0).all()
    least = max(1, round(floor * np.sqrt((domain**2).sum() / (style**2).sum())))  # as much contrast as the floor gives
    for y, x in np.ndindex(6, 6):
        s, i, t = choice.scales[y, x], choice.isometries[y, x], choice.styles[y, x]
        assert s == 0 or t == 0
        left = ((cells[y, x] - s / 32 * turned(domain, i) - t / 32 * style) ** 2).sum()
        best = error_of_all(cells[y, x], domain, range(8), range(floor, 31))
        best = min(best, error_of_all(cells[y, x], style, (0,), range(least, 33)))
        assert left == pytest.approx(best, rel=1e-9)


def test_dear_bits_are_saved():
    """With a price the choices cost less by how often each size comes, and leave no less of an error."""
    random = np.random.default_rng(5)
    domain = random.normal(0, 20, (1, 4, 4))
    domain -= domain.mean()
    cells = random.normal(0, 10, (12, 12, 1, 4, 4)) + random.uniform(0, 1, (12, 12, 1, 1, 1)) * domain
    cells -= cells.mean((3, 4), keepdims=True)
    free, dear = (fit(cells, domain, None, Rules((0,), 0, False, price)) for price in (0.0, 300.0))

    def entropy(scales: np.ndarray) -> float:
        share = np.bincount(scales.ravel()) / scales.size
        return float(-(share[share > 0] * np.log2(share[share > 0])).sum())

    def error(scales: np.ndarray) -> float:
        return float(((cells - scales[..., None, None, None] / 32 * domain) ** 2).sum())

    assert entropy(dear.scales) < entropy(free.scales) - 0.5 and error(dear.scales) > error(free.scales)


@pytest.mark.parametrize("effort", [0, 1])
@pytest.mark.parametrize(("strength", "floor"), [(0, 0), (0.4, 12), (1, 30)])
def test_the_least_contrast_is_kept(smooth, strength, floor, effort):
    for negatives in (False, True):
        code = code_of(smooth(70, 96), strength=strength, range_size=8, negatives=negatives, effort=effort)
        assert np.abs(code.scales).min() >= floor and np.abs(code.scales).max() <= 30
        assert (code.scales < 0).any() == negatives


def test_isometries_are_those_that_are_asked_for(smooth):
    square, wide = smooth(96, 96), smooth(70, 120)
    for effort in (0, 1):
        assert not code_of(square, upright=True, effort=effort).isometries.any()
        assert set(code_of(square, range_size=8, effort=effort).isometries.ravel()) == set(range(8))
        code = code_of(wide, range_size=8, effort=effort)
        assert code.size[0] != code.size[1] and set(code.isometries.ravel()) == {0, 2, 5, 7}


def test_means_are_those_of_the_ranges(smooth):
    """Unrefined, within half a step of what the pixels of each range have, continued at the edges by half-sample
    symmetry."""
    picture = smooth(61, 83)
    code = code_of(picture, 60, effort=0)
    rows, columns = code.size
    m = code.ranges
    padded = np.pad(np.asarray(picture, float), ((0, rows * m - 61), (0, columns * m - 83), (0, 0)), mode="symmetric")
    red, green, blue = padded.reshape(m, rows, m, columns, 3).mean((1, 3)).transpose(2, 0, 1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = np.stack([luma - 128, (blue - luma) / 1.772, (red - luma) / 1.402])
    assert np.abs(code.levels - planes).max() <= code.step / STEP_UNIT / 2 + 1e-6
    assert code.step == step_of(600)


def test_refinement_never_worsens_what_is_seen(smooth):
    """The error of the decoded picture, in whole ranges, grows with no round, and falls with some."""
    random = np.random.default_rng(6)
    noise = Image.fromarray(random.integers(0, 256, (64, 64), np.uint8))
    gains = []
    for picture, strength in ((smooth(64, 64), 0.4), (smooth(64, 64), 0), (noise, 0.7)):
        db = []
        for effort in (0, 1, 3):
            data = nccodec.encode(picture, 90, map="whole", range_size=8, strength=strength, effort=effort)
            db.append(psnr(np.asarray(picture), np.asarray(nccodec.decode(data))))
        assert db[0] <= db[1] + 0.01 and db[1] <= db[2] + 0.01  # rounded to grey levels, which the encoder does not see
        gains.append(db[2] - db[0])
    assert max(gains) > 0.2


def test_a_picture_made_of_itself_is_found_again():
    """The decode of a map with a few exact s, encoded with means as fine, comes back better than 40 dB."""
    y, x = np.mgrid[0:64, 0:64]
    made = nccodec.encode(Image.fromarray(np.uint8(127 + 60 * np.sin(x / 9) + 60 * np.cos(y / 13))), 100, map="whole")
    fractal = nccodec.decode(made)
    again = nccodec.decode(nccodec.encode(fractal, 100, map="whole"))
    assert psnr(np.asarray(fractal), np.asarray(again)) > 40


def test_the_domain_is_taken_in_whole_ranges_about_its_middle():
    """8 x 8 ranges of 20 x 12 pixels: the region's area is that of 16 of them, its middle in the picture's."""
    assert domain_of((40, 24, 80, 48), 96, 160, 8) == (2, 2, 4)
    assert domain_of((41, 22, 78, 50), 96, 160, 8) == (2, 2, 4)
    assert domain_of((0, 0, 160, 96), 96, 160, 8) == domain_of(None, 96, 160, 8) == (0, 0, 8)
    assert domain_of((159, 95, 1, 1), 96, 160, 8) == (6, 6, 2)  # no smaller than 2, and inside
    assert domain_of((0, 0, 160, 12), 96, 160, 8) == (0, 2, 3)  # as large, but of the picture's shape


@ANY
@given(st.data())
def test_domains_lie_inside(data):
    height, width = (data.draw(st.integers(1, 400)) for _ in range(2))
    ranges = data.draw(st.integers(4, 40))
    x, y = (data.draw(st.integers(0, n - 1)) for n in (width, height))
    region = x, y, data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
    top, left, side = domain_of(region, height, width, ranges)
    assert side >= 2 and 0 <= top <= ranges - side and 0 <= left <= ranges - side


@ANY
@given(st.integers(1, 20000), st.integers(1, 20000), st.sampled_from((4, 8, 16, 32, 64)))
def test_ranges_are_about_as_large_as_asked_for_and_lie_in_the_picture(height, width, side):
    try:
        ranges = ranges_of(height, width, side)
    except LimitError:
        assert 4 * height * width > MAX_CANVAS
        return
    rows, columns = range_size(height, width, ranges)
    assert 4 <= ranges <= 1024 and rows * columns * ranges**2 <= MAX_CANVAS
    if ranges > 4:
        assert rows * columns * ranges**2 <= 4 * height * width
    wanted = (height * width) ** 0.5 / side
    if 6 < wanted < 700 and min(height, width) > 1.4 * wanted:
        assert 1 / 1.4 < ranges / wanted < 1.4


def test_a_domain_is_what_copies_are_made_of(smooth):
    """Of a picture that is flat but for a part, copies of that part alone have contrast."""
    picture = np.full((96, 96, 3), 100, np.uint8)
    picture[48:, 48:] = np.asarray(smooth(48, 48))
    code = code_of(Image.fromarray(picture), domain=(48, 48, 48, 48), range_size=8, strength=1)
    assert code.domain == (code.ranges // 2,) * 2 + (code.ranges // 2,)
    decoded = np.asarray(nccodec.decode(nccodec.encode(
        Image.fromarray(picture), map="whole", domain=(48, 48, 48, 48), range_size=8, strength=1
    )), float)  # fmt: skip
    assert decoded[:40, :40].std((0, 1)).min() > 15  # where the picture itself is flat


@pytest.mark.parametrize("effort", [0, 1])
@pytest.mark.parametrize(
    ("mode", "size"),
    [("RGB", (1, 1)), ("L", (1, 1)), ("RGB", (500, 3)), ("L", (3, 500)), ("LA", (40, 23)), ("RGBA", (21, 50))],
)
def test_any_picture_and_back(mode, size, effort):
    random = np.random.default_rng(7)
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = random.integers(0, 256, (size[1], size[0], channels), np.uint8)
    picture = Image.fromarray(pixels[..., 0] if channels == 1 else pixels)
    assert picture.mode == mode
    data = nccodec.encode(picture, 100, map="whole", effort=effort, strength=0)
    nccodec.test(data)
    decoded = nccodec.decode(data)
    assert (decoded.mode, decoded.size) == (mode, size)
    if mode in ("LA", "RGBA"):
        np.testing.assert_array_equal(np.asarray(decoded)[..., -1], pixels[..., -1])
    if size == (1, 1):
        assert np.abs(np.asarray(decoded).astype(int) - np.asarray(picture)).max() <= 1  # steps of half a grey level


@pytest.mark.filterwarnings("ignore:no part is a copy")
def test_a_style_is_kept_as_large_as_a_range(tiny, smooth):
    """A small picture is enlarged, a large one reduced, in the picture's shape."""
    for height, width, expected in ((2, 3, (16, 16)), (400, 600, (256, 256)), (50, 100, (50, 50))):
        options = Options(range_size=16, style=smooth(height, width), weights=str(tiny), strength=1, effort=0)
        encoder = Encoder(smooth(80, 80), options)
        code = encoder.code(500, 0)
        assert code.size == (16, 16)
        assert (encoder._style.width, encoder._style.height) == expected


def test_a_picture_of_a_style_shows_it(tiny, smooth):
    """What the style's own collage decodes to, tiled: ranges take from it, and the file names its weights."""
    collage = nccodec.encode(smooth(16, 16), 50, weights=tiny, map="collage")
    tile = np.asarray(nccodec.decode(collage, weights=tiny))
    picture = Image.fromarray(np.tile(tile, (5, 5, 1)))
    data = nccodec.encode(picture, 80, map="whole", style=Image.fromarray(tile), weights=str(tiny), strength=0.5)
    about = nccodec.info(data)
    assert about["styled"] > 0 and about["fingerprint"] == nccodec.info(collage)["fingerprint"]
    assert nccodec.decode(data, 2, weights=tiny).size == (160, 160)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"range_size": 5}, "range_size 5 is none of 4, 8, 16, 32, 64"),
        ({"strength": 1.5}, "a strength of 1.5 is outside 0 .. 1"),
        ({"strength": -0.1}, "a strength of -0.1 is outside 0 .. 1"),
        ({"strength": float("nan")}, "a strength of nan is outside 0 .. 1"),
        ({"effort": 10}, "effort 10 is outside 0 .. 9"),
        ({"effort": 0.5}, "effort 0.5 is outside 0 .. 9"),
        ({"domain": (0, 0, 45, 10)}, "the domain 0,0,45,10 is not inside 44 x 30 pixels"),
        ({"domain": (-1, 0, 4, 4)}, "the domain -1,0,4,4 is not inside 44 x 30 pixels"),
        ({"domain": (0, 0, 0, 4)}, "the domain 0,0,0,4 is not inside 44 x 30 pixels"),
        ({"style": Image.new("RGB", (1, 9))}, "a style of 1 x 9 pixels is too small"),
        ({"packer": "fixed"}, "a whole-image map has no packer 'fixed', only 'range'"),
        ({"lean": True}, "map 'whole' has no option 'lean', only range_size, "),
        ({"style": Image.new("RGB", (9, 9)), "weights": "none"}, "none"),
    ],
)
def test_options_that_there_are_not(smooth, options, message):
    with pytest.raises(nccodec.NclError) as caught:
        nccodec.encode(smooth(30, 44), map="whole", **options)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_pictures_that_are_too_large():
    with pytest.raises(LimitError, match=f"are over {MAX_CANVAS}"):
        ranges_of(1, MAX_CANVAS // 4 + 1, 16)  # 4 rows of ranges of one pixel, three of them beyond the picture
    assert ranges_of(1, MAX_CANVAS // 4, 16) == 4


def test_targets(smooth):
    picture = smooth(96, 128)
    data = nccodec.encode(picture, map="whole", size=500, range_size=8)
    assert 490 <= len(data) <= 500
    assert nccodec.decode(data).size == (128, 96)


def test_progress_is_told_and_nothing_is_warned_of(smooth):
    told = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nccodec.encode(smooth(48, 48), 75, map="whole", effort=4, progress=told.append)
        flat = nccodec.encode(Image.new("RGB", (48, 48), (9, 99, 200)), 100, map="whole")
    assert told == sorted(told) and told[-1] == 1 and len(told) >= 4
    assert np.abs(np.asarray(nccodec.decode(flat)).astype(int) - (9, 99, 200)).max() <= 1


def test_a_style_of_too_little_contrast_is_left_out_with_a_word():
    random = np.random.default_rng(4)
    cells, domain = random.normal(0, 30, (4, 4, 1, 4, 4)), random.normal(0, 30, (1, 4, 4))
    cells -= cells.mean((3, 4), keepdims=True)
    domain -= domain.mean()
    faint = (cells[0, 0] * 0.25) - (cells[0, 0] * 0.25).mean()  # at t = 1 a quarter of what the range itself has
    floor = 30
    assert floor * np.sqrt((domain**2).sum() / (faint**2).sum()) > 32
    assert not fit(cells, domain, faint, Rules((0,), floor, False, 0.0)).styles.any()
    picture = Image.fromarray(random.integers(0, 256, (32, 32, 3), np.uint8))
    with pytest.warns(NclWarning, match="no part is a copy of the style"):
        data = nccodec.encode(picture, map="whole", range_size=8, style=Image.new("RGB", (16, 16), (9, 99, 200)))
    assert nccodec.info(data)["styled"] == 0
