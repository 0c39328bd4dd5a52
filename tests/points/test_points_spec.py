"""The example of bitstream_spec.md: parsed out of the page, packed to its bytes, and read back."""

import json
import re
from pathlib import Path

import literal_points
import numpy as np
import pointsets
import zstandard

import nccodec
from nccodec.codec.file import read_file, write_file
from nccodec.codec.kinds import read
from nccodec.points.code import VIEW, PointsCode, Tone

PAGE = (Path(__file__).resolve().parents[2] / "bitstream_spec.md").read_text(encoding="utf-8")
SECTION = re.search(r"### 12\.\d A set of points\n(.*?)\n##", PAGE, re.S)[1]


def example() -> tuple[PointsCode, bytes]:
    fields, data = json.loads(re.search(r"```json\n(.*?)```", SECTION, re.S)[1]), bytearray()
    for offset, row in re.findall(r"^([0-9a-f]{4})  ((?:[0-9a-f]{2} ?)+)", SECTION, re.M):
        assert int(offset, 16) == len(data)
        data += bytes.fromhex(row)
    arrays = {name: np.array(fields.pop(name), np.int64) for name in ("matrices", "offsets", "weights")}
    arrays |= {"place": np.array(fields.pop("place"), np.float32), "view": np.eye(2, dtype=np.int64) * VIEW}
    return PointsCode(tone=Tone(**fields.pop("tone")), colours=np.zeros((2, 0), np.uint8), **fields, **arrays), data


def test_the_set_of_points_of_the_page_packs_to_its_bytes_and_back():
    code, data = example()
    assert f"The file, {len(data)} bytes" in SECTION
    assert write_file(code, "fixed") == data and pointsets.equal(read_file(bytes(data)).code, code)
    assert code.factor == 16385  # of halves, 16384, and the least integer above


def test_its_picture_is_that_of_the_literal_decoder():
    data = bytes(example()[1])
    content = {chunk.kind: zstandard.ZstdDecompressor().decompress(chunk.payload) for chunk in read(data)[1]}
    expected = literal_points.Points(data, content).at_scale(1)[0]
    assert np.abs(np.asarray(nccodec.decode(data)) - np.floor(255 * expected + 0.5)).max() <= 1
