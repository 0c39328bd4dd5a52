"""What runs on a CPU without torch, which takes seconds to import: all but high efforts and training."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
STEPS = (
    "nc encode a.png --weights {tiny} -e 0 -o e0.ncl",
    "nc encode a.png --weights {tiny} -e 1 -o e1.ncl",
    "nc encode a.png --weights {tiny} --size 400 --verify -o size.ncl",
    "nc encode a.png --weights {tiny} --psnr 11 --packer fixed -o psnr.ncl",
    "nc decode e1.ncl --weights {tiny} -o one.png",
    "nc decode e1.ncl --weights {tiny} -o four.png --scale 4",
    "nc decode e1.ncl --weights {tiny} -o odd.png --size 31x50",
    "nc decode e1.ncl --weights {tiny} -o half.png --scale 0.5",
    "nc decode e1.ncl --weights {tiny} -o part.png --crop 3,4,9,8",
    "nc pifs a.png -o p.ncl",
    "nc encode a.png --map pifs -o q.ncl",
    "nc decode p.ncl -o p.png --smooth",
    "nc decode p.ncl -o p4.png --scale 3",
    "nc decode p.ncl --start noise -o p.webp",
    "nc decode e1.ncl --start grey --weights {tiny} -o e.webp",
    "nc morph p.ncl q.ncl -o m.webp --frames 3",
    "nc test e0.ncl e1.ncl --weights {tiny}",
    "nc test p.ncl",
    "nc diff a.png e1.ncl --weights {tiny}",
    "nc info e1.ncl",
    "nc weights list",
    "nc weights show {tiny}",
    "nc sample digits -n 2 --scale 3 -o digits.png",
    "nc sample digits -n 2 --ncl -o digits",
    "nc decode digits/0.ncl -o digit.png --scale 5",
    "import nccodec; nccodec.decode(nccodec.encode(PICTURE, weights='{tiny}'), weights='{tiny}')",
    "import nccodec; nccodec.test(nccodec.encode(PICTURE, map='pifs'))",
    "import nccodec; nccodec.info(open('p.ncl', 'rb').read())",
    "import nccodec.pillow_plugin; Image.open('p.ncl').load(); PICTURE.save('plugin.ncl', quality=30)",
)
HEAVY = "nc encode a.png --weights {tiny} -e 2 -o e2.ncl"
SCRIPT = """
import json, sys
from PIL import Image
PICTURE = Image.open("a.png").copy()
loaded = {}
for step in json.loads(sys.argv[1]):
    if step.startswith("nc "):
        from nccodec.cli.app import app
        app(step.split()[1:], standalone_mode=False)
    else:
        exec(step)
    loaded[step] = "torch" in sys.modules
print(json.dumps(loaded))
"""


@pytest.fixture
def loaded(tmp_path, smooth):
    """A function: which of the steps, run one after the other, had torch loaded once they were done."""
    smooth(30, 44).save(tmp_path / "a.png")

    def run(*steps: str) -> dict[str, bool]:
        asked = json.dumps([step.format(tiny=GOLDEN / "tiny.safetensors") for step in steps])
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, asked], capture_output=True, text=True, cwd=tmp_path, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_torch_is_not_imported(loaded):
    assert not [step for step, found in loaded(*STEPS).items() if found]


def test_gradients_need_torch_and_the_file_is_read_without(loaded):
    assert list(loaded(STEPS[0], HEAVY, STEPS[4].replace("e1", "e2")).values()) == [False, True, True]
