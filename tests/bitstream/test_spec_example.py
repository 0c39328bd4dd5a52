"""Section 10 of bitstream_spec.md: parsed out of the page, packed to its bytes, and read back."""

import json
import re
from pathlib import Path

import numpy as np

from nccodec.bitstream.file import read_code, write_code
from nccodec.code import CollageCode
from nccodec.neural import weights
from nccodec.neural.prior import IntegerPrior

ROOT = Path(__file__).resolve().parents[2]
SECTION = (ROOT / "bitstream_spec.md").read_text().split("## 10.")[1].split("## 11.")[0]
TINY = weights.load(ROOT / "tests" / "golden" / "tiny.safetensors")


def example() -> tuple[CollageCode, bytes]:
    fields = json.loads(re.search(r"```json\n(.*?)```", SECTION, re.S)[1])
    arrays = {name: np.array(fields.pop(name), np.int32) for name in ("atoms", "scales")}
    mark = bytes.fromhex(fields.pop("fingerprint"))
    data = bytearray()
    for offset, row in re.findall(r"^([0-9a-f]{4})  ((?:[0-9a-f]{2} ?)+)", SECTION, re.M):
        assert int(offset, 16) == len(data)
        data += bytes.fromhex(row)
    return CollageCode(fingerprint=mark, **fields, **arrays), bytes(data)


def test_the_code_packs_to_exactly_the_bytes_of_the_page():
    code, data = example()
    assert len(data) == 112
    assert write_code(code, "range", IntegerPrior(TINY.prior, 6, 4, code.level)) == data


def test_the_bytes_of_the_page_read_back_to_its_code():
    code, data = example()
    read = read_code(data, TINY.symbol_model)
    assert (read.height, read.width, read.grey, read.level) == (7, 9, False, 128)
    assert read.range_size == 4 and read.fingerprint == TINY.fingerprint
    np.testing.assert_array_equal(read.atoms, code.atoms)
    np.testing.assert_array_equal(read.scales, code.scales)
