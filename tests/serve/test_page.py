"""The gallery and the viewer in a browser, from a server of its own."""

import json
import re
import signal
import subprocess
import sys
import time

import pytest
from chromium import BINARY, Page

pytestmark = pytest.mark.skipif(BINARY is None, reason="Chromium is not installed")


@pytest.fixture
def page(folder, tiny, tmp_path):
    command = [sys.executable, "-m", "nccodec.cli", "serve", folder, "--port", "0", "--weights", tiny]
    with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True) as process:
        shown = Page(tmp_path / "profile")
        try:
            shown.window(800, 600)
            shown.go(re.search(r"http://\S+", process.stderr.readline())[0])
            yield shown
        finally:
            shown.close()
            process.send_signal(signal.SIGINT)


def until(page: Page, script: str) -> None:
    """Until an expression is true in the page."""
    deadline = time.monotonic() + 60
    while not page.value(script):
        assert time.monotonic() < deadline, script
        time.sleep(0.05)


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.value(f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: {json.dumps(key)}}})) && null")


def text(page: Page, selector: str) -> str:
    return page.value(f"document.querySelector({json.dumps(selector)}).textContent")


TIMES = "\u00d7"
SCALE = "parseFloat(document.getElementById('zoom').textContent)"
DRAWN = """(() => {
    const canvas = document.getElementById("canvas"), copy = document.createElement("canvas");
    const brush = copy.getContext("2d");
    brush.drawImage(canvas, -AT * canvas.width, -canvas.height / 2);
    return brush.getImageData(0, 0, 1, 1).data[3] === 255;
})()"""


def test_the_gallery_shows_pictures_and_says_what_is_broken(page):
    until(page, "document.querySelectorAll('#cards li img').length === 3")
    until(page, "[...document.querySelectorAll('#cards img')].every((one) => one.complete && one.naturalWidth)")
    until(page, "document.querySelectorAll('#cards .frame p').length === 2")
    told = page.value("[...document.querySelectorAll('#cards .frame p')].map((one) => one.textContent)")
    assert told[0] == "Broken: not a .ncl file (wrong magic)" and "past the end" in told[1]
    assert text(page, "#cards li:first-child small") == f"19 {TIMES} 14, 231 bytes"
    page.value("Object.assign(document.getElementById('find'), {value: 'inner'}).dispatchEvent(new Event('input'))")
    assert text(page, "#count") == "1 file" and text(page, "#cards .caption").startswith("inner/b c.ncl")
    assert page.complaints == []
    assert len({address.split("/")[2] for address in page.requests if not address.startswith("data:")}) == 1


def test_the_viewer_zooms_to_16_beside_cubic_interpolation(page):
    until(page, "document.querySelectorAll('#cards li').length === 5")
    page.click("#cards a")
    until(page, "document.getElementById('zoom').textContent !== ''")
    press(page, "1")
    until(page, f"document.getElementById('zoom').textContent === '1{TIMES}'")
    press(page, "++++++")
    until(page, f"document.getElementById('zoom').textContent === '16{TIMES}'")
    until(page, DRAWN.replace("AT", "0.5"))
    press(page, "c")
    until(page, "!document.getElementById('right-label').hidden")
    assert text(page, "#right-label") == "cubic"
    until(page, DRAWN.replace("AT", "0.6"))
    press(page, "i")
    assert "collage" in text(page, "#facts") and not page.value("document.getElementById('facts').hidden")
    assert any("/cubic/a.ncl/" in address for address in page.requests)
    press(page, "c0")
    until(page, "document.getElementById('edge').hidden")
    page.value("location.hash = 'short.ncl'")
    until(page, "!document.getElementById('error').hidden")
    assert "past the end" in text(page, "#error") and page.value("document.getElementById('waiting').hidden")
    assert page.complaints == []


def test_wheel_pinch_and_drag_move_the_picture(page):
    page.value("location.hash = 'a.ncl'")
    until(page, f"{SCALE} > 0")
    press(page, "1")
    until(page, f"{SCALE} === 1")
    page.call("Input.dispatchMouseEvent", type="mouseWheel", x=400, y=300, deltaX=0, deltaY=-240)
    until(page, f"{SCALE} === 2")
    page.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)
    for kind, apart in (("touchStart", 50), ("touchMove", 100), ("touchMove", 200)):
        points = [{"x": 400 + side * apart, "y": 300, "id": finger} for finger, side in enumerate((-1, 1))]
        page.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
    page.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
    until(page, f"{SCALE} === 8")
    asked = len(page.requests)
    press(page, "+")
    until(page, f"{SCALE} === 16")
    page.mouse("mousePressed", 400, 300)
    page.mouse("mouseMoved", 500, 320, held=True)
    page.mouse("mouseReleased", 500, 320)
    until(page, DRAWN.replace("AT", "0.5"))
    assert len(page.requests) > asked and page.complaints == []
