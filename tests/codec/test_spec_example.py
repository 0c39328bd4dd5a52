"""Section 12 of bitstream_spec.md: parsed out of the page, packed to their bytes, and read back."""

import json
import re
from pathlib import Path

import numpy as np
import wholes
from partitions import equal

from nccodec.codec.file import read_file, write_file
from nccodec.implicit.code import ImplicitCode, Steps
from nccodec.implicit.header import Shape
from nccodec.neural import weights
from nccodec.neural.code import CollageCode
from nccodec.neural.prior import IntegerPrior
from nccodec.pifs.code import Layout, Level, PartitionCode, Plane
from nccodec.screen.code import ScreenCode
from nccodec.whole.code import WholeCode

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "bitstream_spec.md").read_text()
BOUNDS = (
    ("12.1", "### 12.2"), ("12.2", "### 12.3"), ("12.3", "### 12.4"), ("12.4", "### 12.5"), ("12.5", "### 12.6"),
    ("12.6", "### 12.7"),
)  # fmt: skip
SECTIONS = [PAGE.split(f"### {first}")[1].split(last)[0] for first, last in BOUNDS]
TINY = weights.load(ROOT / "tests" / "golden" / "tiny.safetensors")


def parsed(section: str) -> tuple[dict, bytes]:
    fields, data = json.loads(re.search(r"```json\n(.*?)```", section, re.S)[1]), bytearray()
    for offset, row in re.findall(r"^([0-9a-f]{4})  ((?:[0-9a-f]{2} ?)+)", section, re.M):
        assert int(offset, 16) == len(data)
        data += bytes.fromhex(row)
    return fields, bytes(data)


def example() -> tuple[CollageCode, bytes]:
    fields, data = parsed(SECTIONS[0])
    arrays = {name: np.array(fields.pop(name), np.int32) for name in ("atoms", "scales")}
    mark = bytes.fromhex(fields.pop("fingerprint"))
    return CollageCode(fingerprint=mark, **fields, **arrays), data


def test_the_code_packs_to_exactly_the_bytes_of_the_page():
    code, data = example()
    assert len(data) == 112
    assert write_file(code, "range", IntegerPrior(TINY.prior, 6, 4, code.level)) == data


def test_the_bytes_of_the_page_read_back_to_its_code():
    code, data = example()
    read = read_file(data, TINY).code
    assert (read.height, read.width, read.grey, read.level) == (7, 9, False, 128)
    assert read.range_size == 4 and read.fingerprint == TINY.fingerprint
    np.testing.assert_array_equal(read.atoms, code.atoms)
    np.testing.assert_array_equal(read.scales, code.scales)


def test_the_partition_of_the_page_packs_to_its_bytes_and_back():
    fields, data = parsed(SECTIONS[1])
    kinds = {"split": bool, "isometries": np.uint8}
    roots, levels = fields.pop("roots"), fields.pop("levels")
    levels = tuple(
        Level(**{name: np.array(value, kinds.get(name, np.int32)) for name, value in x.items()}) for x in levels
    )
    code = PartitionCode(Layout(**fields), (Plane(np.array(roots, np.int32), levels),))
    assert len(data) == 155
    assert write_file(code) == data and equal(read_file(data).code, code)


def test_the_screen_map_of_the_page_packs_to_its_bytes_and_back():
    fields, data = parsed(SECTIONS[2])
    kinds = {"pixels": np.int32, "modes": np.uint8, "offsets": np.int64}
    arrays = {name: np.array(fields.pop(name), kind) for name, kind in kinds.items()}
    assert write_file(ScreenCode(**fields, **arrays)) == data
    read = read_file(data).code
    assert (read.grey, read.level, read.lossless, read.parts) == (True, 0, True, ())
    for name, array in arrays.items():
        np.testing.assert_array_equal(getattr(read, name), array)


def test_the_whole_image_map_of_the_page_packs_to_its_bytes_and_back():
    fields, data = parsed(SECTIONS[3])
    arrays = {name: np.array(fields.pop(name), np.int64) for name in ("means", "scales", "isometries")}
    code = WholeCode(domain=tuple(fields.pop("domain")), **fields, **arrays)
    assert len(data) == 113
    assert write_file(code) == data and wholes.equal(read_file(data).code, code)


def test_the_implicit_network_of_the_page_packs_to_its_bytes_and_back():
    fields, data = parsed(SECTIONS[4])
    step, grey = fields["step"], fields["grey"]
    numbers = [Steps(np.array(part), step) for part in (*fields["matrices"], fields["biases"])]
    shape = Shape(fields["network"], fields["depth"], fields["units"], 1 if grey else 3)
    code = ImplicitCode(fields["height"], fields["width"], grey, shape, "dense", tuple(numbers[:-1]), None, numbers[-1])
    assert len(data) == 84
    assert write_file(code) == data
    read = read_file(data).code
    assert (read.height, read.width, read.grey, read.shape, read.form) == (6, 8, True, shape, "dense")
    for part, found in zip(numbers, (*read.matrices, read.biases), strict=True):
        np.testing.assert_array_equal(found.q, part.q)
        assert found.step == step
