"""The IIIF consortium's validator (`pip install iiif-validator`), at level 2 of versions 3 and 2: on its own picture,
100 squares of the colours that it looks for."""

import re
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image

import nccodec

try:  # besides its own packages it needs the system's libmagic
    from iiif_validator.validator import ImageAPI, TestSuite, ValidationInfo
except ImportError:
    pytest.skip("iiif-validator is not installed", allow_module_level=True)

NAME = "67352ccc-d1b0-11e1-89ae-279075081939"
# What it holds to be wrong and the specification does not: "!w,h" without "^" gives the largest size that is "not
# larger than the extracted region", not an error.
MISTAKEN = {"size_noup"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("validated")
    squares = np.array(ValidationInfo().colorInfo, np.uint8).swapaxes(0, 1)  # the first index is across
    picture = Image.fromarray(squares.repeat(100, 0).repeat(100, 1))
    (folder / f"{NAME}.ncl").write_bytes(nccodec.encode(picture, quality=100))
    command = [sys.executable, "-m", "nccodec.cli", "serve", str(folder), "--port", "0", "--iiif-2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        yield urlsplit(re.search(r"http://\S+", process.stderr.readline())[0]).netloc
        process.send_signal(signal.SIGINT)


# What the validator puts at no level, and is offered here.
BEYOND = {"rot_mirror", "rot_mirror_180"}


@pytest.mark.parametrize("version", ["3.0", "2.0"])
def test_level_2_and_more(server, version):
    suite, failed, done = TestSuite(ValidationInfo()), {}, 0
    for name, about in suite.list_tests(version).items():
        level = about["level"]
        level = level[version] if isinstance(level, dict) else level
        if (level > 2 and name not in BEYOND) or name in MISTAKEN:
            continue
        result = ImageAPI(f"{NAME}.ncl", server, prefix=f"iiif/{version[0]}", scheme="http", version=version)
        result.identifier = f"{NAME}.ncl"
        suite.run_test(name, result)
        done += 1
        if result.exception is not None:
            failed[name] = str(result.exception)
    assert failed == {} and done >= 25
