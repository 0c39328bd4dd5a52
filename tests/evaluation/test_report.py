"""The page of a comparison: one file that needs nothing else, and what it does in a browser."""

import json
import re
from importlib.resources import files

import pytest
from chromium import BINARY, Page
from PIL import Image

from nccodec.evaluation.comparison import bd_rates
from nccodec.evaluation.gallery import webp_uri
from nccodec.evaluation.metrics import RATED
from nccodec.evaluation.report import page

TITLES = ("nccodec -e 1", "JPEG", "</script><b>bad</b> & <!--")


def example() -> tuple[dict, list[dict]]:
    """Three curves of five points, one with a name that could break the page; two pictures of flat colours."""
    curves = []
    for number, name in enumerate(TITLES):
        results = {
            "bpp": [0.1 * (number + 1) * 2**i for i in range(5)],
            "psnr-rgb": [24.0 + 3 * i for i in range(5)],
            "ms-ssim-rgb": [1 - 10 ** -(1 + 0.3 * i) for i in range(5)],
            "ssimulacra2": [-130.5 + 55 * i for i in range(5)],
            "encoding_time": [0.1] * 5,
            "decoding_time": [0.2] * 5,
        }
        curves.append({"name": name, "description": name, "settings": [1, 2, 3, 4, 5], "results": results})
    shown = []
    for picture in range(2):
        files = [
            {
                "codec": name,
                "bytes": 1000 + 10 * i,
                "bpp": 0.25,
                "psnr": 30.0 + i,
                "src": webp_uri(flat(50 * i + picture)),
            }
            for i, name in enumerate(TITLES)
        ]
        rates = [{"bpp": rate, "bytes": 1000, "files": files} for rate in (0.25, 0.75)]
        enlargements = [{"scale": s, "decoded": webp_uri(flat(s)), "cubic": webp_uri(flat(2 * s))} for s in (2, 4, 8)]
        about = {"name": f"{picture}.png", "width": 400, "height": 300, "part": False, "src": webp_uri(flat(200))}
        shown.append(about | {"rates": rates, "enlargements": enlargements})
    pictures = [{"name": entry["name"], "width": 400, "height": 300} for entry in shown]
    return {"pictures": pictures, "bd-rates": bd_rates(curves, 2), "curves": curves}, shown


def flat(level: int) -> Image.Image:
    return Image.new("RGB", (400, 300), (level, level, level))


def test_the_page_needs_no_other_file_and_keeps_its_data_apart():
    comparison, shown = example()
    text = page(comparison, shown)
    assert not re.search(
        r"https?:|src=\"(?!data:)|href=\"(?!data:)|@import|url\(", text.replace("http://www.w3.org/2000/svg", "")
    )
    assert text.count("</script>") == 2 and "<b>bad" not in text and "insert" not in text
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[1])
    assert data["curves"] == comparison["curves"] and data["pictures"] == shown


def test_pictures_come_first():
    order = re.findall(r'<section.*?aria-label(?:ledby)?="([^"]+)"', page(*example()))
    assert order == ["look-title", "enlarge-title", "curves-title", "Tables"]


def test_what_has_bd_rates_is_drawn_and_has_a_table():
    script = (files("nccodec.evaluation.report") / "page.js").read_text(encoding="utf-8")
    named = re.search(r"const METRICS = \{\n(.*?)\n  \};", script, re.S)
    assert re.findall(r'^    "([\w-]+)":', named[1], re.M) == list(RATED)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page(*example()), re.S)[1])
    titles = [table["title"] for table in data["tables"]]
    assert titles[:3] == ["BD-rate over PSNR", "BD-rate over MS-SSIM", "BD-rate over SSIMULACRA2"]


needs_browser = pytest.mark.skipif(BINARY is None, reason="no Chromium here")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    opened = Page(folder / "profile")
    yield opened
    opened.close()


@pytest.fixture
def opened(browser, tmp_path):
    """The example's page, in a window of 1100 x 900."""
    (tmp_path / "report.html").write_text(page(*example()), encoding="utf-8")
    browser.complaints.clear()
    browser.requests.clear()
    browser.window(1100, 900)
    browser.open(tmp_path / "report.html")
    yield browser
    assert browser.complaints == []


def text_of(page: Page, selector: str) -> str:
    return page.value(f"document.querySelector({json.dumps(selector)}).textContent")


@needs_browser
def test_it_opens_without_complaints_and_asks_for_nothing(opened):
    assert opened.requests[0].startswith("file:") and all(url.startswith("data:") for url in opened.requests[1:])
    assert opened.value("document.querySelectorAll('#plot .curve').length") == 3
    rows = opened.value("[...document.querySelectorAll('#tables tbody tr')].map(r => r.cells[0].textContent)")
    assert rows.count(TITLES[2]) == 3 + 5 + 1
    cells = opened.value(
        "[...document.querySelectorAll('#tables tr')].find(r => r.cells[0].textContent == 'JPEG').innerText"
    )
    assert "+100.0 %" in cells and "24.00 to 36.00 dB" in cells


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_follows_the_colour_scheme(opened, scheme):
    opened.prefer(scheme)
    page, ink = opened.value("[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]")
    brightness = [sum(map(int, re.findall(r"\d+", colour)[:3])) for colour in (page, ink)]
    assert (brightness[0] > brightness[1]) == (scheme == "light")


@needs_browser
def test_a_click_hides_a_codec_and_a_key_shows_it_again(opened):
    opened.click("#legend button:nth-child(2)")
    assert opened.value("document.querySelectorAll('#plot .curve').length") == 2
    assert opened.value("document.activeElement.getAttribute('aria-pressed')") == "false"
    opened.press("Enter")
    assert opened.value("document.querySelectorAll('#plot .curve').length") == 3


@needs_browser
def test_the_pointer_and_the_arrow_keys_give_the_points(opened):
    where = opened.value(
        "(() => { const s = document.querySelector('#plot > svg'); s.scrollIntoView();"
        " const r = s.getBoundingClientRect(),"
        " m = s.querySelectorAll('path[transform]')[7].getAttribute('transform').match(/[0-9.]+/g).map(Number);"
        " return [r.x + m[0], r.y + m[1]]; })()"
    )
    opened.mouse("mouseMoved", *where)
    assert text_of(opened, "#tip") == "JPEG, setting 3\n0.800 bpp, 30.00 dB"
    opened.mouse("mouseMoved", 2, 2)
    opened.value("document.querySelector('#plot > svg').focus()")
    told = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
        opened.press(key)
        told.append(text_of(opened, "#readout"))
    assert told[:3] == [f"nccodec -e 1, setting {i}: {0.1 * i:.3f} bpp, {21 + 3 * i}.00 dB" for i in (1, 2, 1)]
    assert told[3].startswith("JPEG, ") and told[4] == told[1]  # the nearest rate, 0.2 bpp
    opened.click("#legend button:nth-child(1)")
    assert text_of(opened, "#readout").startswith("Point at a curve")  # what is hidden is no longer told
    opened.click("#legend button:nth-child(1)")
    opened.click("#metrics button:nth-child(2)")
    opened.value("document.querySelector('#plot > svg').focus()")
    opened.press("ArrowRight")
    assert text_of(opened, "#readout") == "nccodec -e 1, setting 1: 0.100 bpp, MS-SSIM 0.9000"
    corner = opened.value("(() => { const r = document.querySelector('#plot > svg').getBoundingClientRect();"
                          " return [r.x + 3, r.y + 3]; })()")  # fmt: skip
    opened.mouse("mouseMoved", *corner)
    opened.mouse("mouseMoved", corner[0], max(0, corner[1] - 12))  # only passes: what a key chose stays
    assert text_of(opened, "#readout") == "nccodec -e 1, setting 1: 0.100 bpp, MS-SSIM 0.9000"
    opened.click("#metrics button:nth-child(3)")
    assert text_of(opened, "#readout") == "nccodec -e 1, setting 1: 0.100 bpp, SSIMULACRA2 -130.50"
    labels = opened.value("[...document.querySelectorAll('#plot svg text')].map(t => t.textContent)")
    assert "SSIMULACRA2" in labels and {"-100", "-50", "0", "50"} <= set(labels)


SHOWN = """(async () => {
    const levels = [];
    for (const id of ["over", "under"]) {
        const image = document.getElementById(id), canvas = document.createElement("canvas").getContext("2d");
        await image.decode();
        canvas.drawImage(image, 0, 0);
        levels.push(canvas.getImageData(5, 5, 1, 1).data[0]);
    }
    return levels;
})()"""
EDGE = "document.getElementById('edge').offsetLeft / document.getElementById('stage').clientWidth"


@needs_browser
def test_the_slider_moves_by_key_and_by_mouse(opened):
    opened.value("document.getElementById('split').focus()")
    before = opened.value(EDGE)
    for _ in range(20):
        opened.press("ArrowRight")
    assert (opened.value("document.getElementById('split').value"), before) == ("60", pytest.approx(0.5, abs=0.01))
    assert opened.value(EDGE) == pytest.approx(0.6, abs=0.01)
    right = opened.value("parseFloat(getComputedStyle(document.getElementById('over')).clipPath.split(' ')[1])")
    assert right / opened.value("document.getElementById('stage').clientWidth") == pytest.approx(0.4, abs=0.01)
    opened.click("#split")
    assert opened.value(EDGE) == pytest.approx(0.5, abs=0.01)


@needs_browser
def test_pictures_rates_codecs_and_zoom_are_chosen(opened):
    """Levels of the pictures, as the example made them, are read back from what is shown."""
    assert opened.value(SHOWN) == [0, 50]
    choose = (
        "(() => {{ const e = document.getElementById('{}'); e.value = {}; e.dispatchEvent(new Event('change')); }})()"
    )
    for name, value in (("left", 0), ("right", 3), ("picture", 1)):
        opened.value(choose.format(name, value))
    assert opened.value(SHOWN) == [200, 101]
    assert text_of(opened, "#left-about") == "original"
    assert text_of(opened, "#right-about") == f"{TITLES[2]}\n1020 bytes, 0.250 bpp, 32.00 dB"
    opened.click("#rates button:nth-child(2)")
    assert text_of(opened, "#look-note").startswith("Near 0.75 bpp: all files have about 1000 bytes;")
    opened.click("#zooms button:nth-child(4)")
    assert opened.value("document.getElementById('stage').clientWidth") == 8 * 400
    visible = opened.value("document.getElementById('scroller').clientWidth")
    opened.value("new Promise(r => { const s = document.getElementById('scroller'); s.scrollLeft = 700;"
                 " requestAnimationFrame(() => requestAnimationFrame(r)); })")  # fmt: skip
    assert opened.value("document.getElementById('edge').offsetLeft") == pytest.approx(700 + visible / 2, abs=1)
    x, y = opened.value(
        "(() => { const r = document.getElementById('scroller').getBoundingClientRect();"
        " return [r.x + 50, r.y + 99]; })()"
    )
    opened.mouse("mousePressed", x, y)
    opened.mouse("mouseMoved", x + 30, y, held=True)
    opened.mouse("mouseReleased", x + 30, y)
    assert opened.value("document.getElementById('scroller').scrollLeft") == 670
    opened.click("#scales button:nth-child(3)")
    assert opened.value("document.getElementById('decoded').src") == webp_uri(flat(8))
    assert text_of(opened, "#decoded-about") == "decoded at 8x"


@needs_browser
def test_it_fits_a_phone(opened):
    opened.window(360, 740, mobile=True)
    opened.value("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    assert opened.value("document.documentElement.scrollWidth") == 360
    tables = "[...document.querySelectorAll('.table')].filter(t => t.clientWidth)"
    assert opened.value(
        f"{tables}.every(t => t.previousSibling.hidden == (t.scrollWidth <= t.clientWidth))"
        f" && {tables}.some(t => !t.previousSibling.hidden)"
    )
    opened.window(360, 300, mobile=True)
    opened.value("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    assert opened.value("document.getElementById('stage').clientHeight") <= 0.75 * 300
    assert opened.value("document.querySelector('#plot > svg').getBoundingClientRect().right") <= 360
    assert opened.value("Math.min(...[...document.querySelectorAll('button, select')].map(e => e.offsetHeight))") >= 32


@needs_browser
def test_curves_alone_make_a_page_too(browser, tmp_path):
    comparison, _ = example()
    for curve in comparison["curves"]:
        del curve["results"]["ms-ssim-rgb"], curve["results"]["ssimulacra2"]
    (tmp_path / "report.html").write_text(page(comparison, []), encoding="utf-8")
    browser.complaints.clear()
    browser.open(tmp_path / "report.html")
    assert browser.complaints == []
    assert (
        browser.value("[document.getElementById('look').hidden, document.getElementById('enlarge').hidden]")
        == [True] * 2
    )
    assert browser.value("document.querySelectorAll('#metrics button').length") == 0


@needs_browser
def test_a_page_without_a_metric_to_draw_has_tables_only(browser, tmp_path):
    comparison, _ = example()
    for curve in comparison["curves"]:
        curve["results"] = {"bpp": curve["results"]["bpp"], "colour-error": [1.5] * len(curve["results"]["bpp"])}
    (tmp_path / "report.html").write_text(page(comparison | {"bd-rates": []}, []), encoding="utf-8")
    browser.complaints.clear()
    browser.open(tmp_path / "report.html")
    assert browser.complaints == []
    assert browser.value("document.querySelectorAll('#legend button').length") == 0
    assert "colour error" in browser.value("document.body.textContent")
