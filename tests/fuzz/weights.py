"""Any weights file can be used or is refused with an NclError: mutated files are loaded, encoded and decoded with.

    python tests/fuzz/weights.py -max_total_time=600 -rss_limit_mb=2000 -timeout=20

Mutations know safetensors, its JSON and tensors of all types. See `harness.fuzz` for the command line.
"""

import json
import struct
import tempfile
import warnings
import zlib
from itertools import count
from pathlib import Path
from random import Random

import numpy as np
from harness import Vary, fuzz, instrumented
from PIL import Image

with instrumented():
    import nccodec
    import nccodec.codec.decode
    import nccodec.codec.encode
    from nccodec.arrays import set_threads
    from nccodec.code import grid_of
    from nccodec.codec.file import write_file
    from nccodec.generative import sampling
    from nccodec.generative import weights as generative
    from nccodec.generative.encoding import code_of
    from nccodec.neural import weights
    from nccodec.neural.code import CollageCode
    from nccodec.neural.places import COLLAGE, map_of

TINY = Path(__file__).resolve().parents[1] / "golden" / "tiny.safetensors"
FOLDER = tempfile.TemporaryDirectory(prefix="fuzz-weights-")
HEIGHT, WIDTH = 9, 14
PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
_NUMBER = count()
_VALUES = (
    0, 1, -1, 2, 3, 4, 5, 6, 8, 12, 16, 64, 192, 3072, 1e9, 4.0, 0.5, 1e-300, 1e300, float("nan"), float("inf"),
    10**400, 2**63, 2**64, True, None, "", "4", "F16", "I64", "BF16", "F8_E4M3", "BOOL", [], [1], [0, 0], {},
    {"format": 1}, [1, 2, 1e39],
)  # fmt: skip
_EXTREMES = (
    b"\0",
    b"\xff",
    b"\x7f",
    b"\x80",
    b"\xff\x7f",
    b"\0\x7c",
    b"\0\xfc",
    b"\xff\x7b",
    b"\0\0\x80\x7f",
    b"\0\0\0\1",
)


def target(data: bytes) -> None:
    """Raises for what is neither usable nor an NclError."""
    data = bytes(data)
    path = Path(FOLDER.name) / f"{next(_NUMBER)}.safetensors"  # as loaded files are kept by name
    path.write_bytes(data)
    try:
        use(path, zlib.crc32(data))
    except nccodec.NclError as error:
        assert str(error) and "\n" not in str(error), f"not one line: {error!r}"
    finally:
        path.unlink()


def use(path: Path, choice: int) -> None:
    if map_of(path) != COLLAGE:
        generate(path, choice)
        return
    found = weights.load(path)
    a = found.architecture
    random = np.random.default_rng(choice)
    rows, columns = grid_of(HEIGHT, WIDTH, a.range_size)
    values = np.rint(random.laplace(0, 3, (a.channels, rows, columns))).astype(np.int32)
    if min(rows, columns) < 2:
        values[a.atoms :] = 0
    level = choice % (found.levels + 1)
    code = CollageCode(
        HEIGHT, WIDTH, False, level, a.range_size, found.fingerprint, values[: a.atoms], values[a.atoms :]
    )
    data = write_file(code, "range", found.prior_at(level))
    nccodec.test(data, path)
    for options in ({}, {"scale": 2.0}, {"scale": 0.5}, {"scale": 0.25})[: 1 + choice % 4]:
        nccodec.decode(data, weights=path, **options)
    data = nccodec.encode(PICTURE, quality=choice % 101, effort=(0, 1, 2, 6)[choice % 4], weights=path)
    assert nccodec.decode(data, weights=path).size == PICTURE.size


def generate(path: Path, choice: int) -> None:
    found = generative.load(path)
    a = found.architecture
    for latents in sampling.drawn(found, 2, seed=choice):
        data = write_file(code_of(found, latents, 1 + choice % 256), "fixed")
        nccodec.test(data, path)
        for options in ({}, {"scale": 2.0}, {"scale": 0.5}, {"scale": 5.0})[: 1 + choice % 4]:
            nccodec.decode(data, weights=path, **options)
    picture = PICTURE.resize((a.size, a.size)).convert("L" if a.channels == 1 else "RGB")
    nccodec.encode(picture, map="generative", weights=path)


def mutate(data: bytes, source: Random, vary: Vary) -> bytes:
    length = int.from_bytes(data[:8], "little")
    try:
        head = json.loads(data[8 : 8 + length])
        about = json.loads(head["__metadata__"]["nccodec"])
        names = [name for name in head if name != "__metadata__"]
        spans = {name: (int(head[name]["data_offsets"][0]), int(head[name]["data_offsets"][1])) for name in names}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, IndexError, OverflowError):
        return vary(data)
    text, body = data[8 : 8 + length], bytearray(data[8 + length :])
    choice = source.random()
    if choice < 0.5 and names:
        vary_tensor(body, spans[source.choice(names)], source)
    elif choice < 0.7 and isinstance(about, dict):
        within = (
            about["architecture"] if source.random() < 0.8 and isinstance(about.get("architecture"), dict) else about
        )
        vary_field(within, source)
        head["__metadata__"]["nccodec"] = json.dumps(about)
        text = json.dumps(head).encode()
    elif choice < 0.85 and names:
        entry = head[source.choice(names)]
        vary_field(entry if isinstance(entry, dict) and source.random() < 0.8 else head, source)
        text = json.dumps(head).encode()
    elif choice < 0.95:
        text = vary(text)
    else:
        return vary(data)
    return struct.pack("<Q", len(text)) + text + bytes(body)


def vary_tensor(body: bytearray, span: tuple[int, int], source: Random) -> None:
    """An extreme value in one place, in some or in all."""
    start, stop = max(0, span[0]), min(len(body), span[1])
    if stop <= start:
        return
    value = source.choice((*_EXTREMES, source.randbytes(2), source.randbytes(4)))
    place = start + source.randrange(stop - start) // 4 * 4
    times = source.choice((1, 1, 4, (stop - place) // len(value)))
    body[place:stop] = (value * times)[: stop - place] + body[place:stop][len(value) * times :]


def vary_field(fields: dict, source: Random) -> None:
    """Removes, copies or replaces a value, or an element of it."""
    if not fields:
        return
    key = source.choice(list(fields))
    kind = source.randrange(5)
    if kind == 0:
        del fields[key]
    elif kind == 1:
        fields[source.choice([*fields, "prior.9.before", "prior.x", "prior.0.first_bias"])] = fields[key]
    elif kind == 2 and isinstance(fields[key], list) and fields[key]:
        fields[key] = [*fields[key]]
        fields[key][source.randrange(len(fields[key]))] = source.choice(_VALUES)
    else:
        fields[key] = source.choice(_VALUES)


if __name__ == "__main__":
    set_threads(1)
    warnings.simplefilter("ignore")  # of casts that overflow: such weights are refused afterwards, or must be
    fuzz(target, mutate, [TINY, *sorted((TINY.parent / "generative").glob("*.safetensors"))], 1 << 17)
