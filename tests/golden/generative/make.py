"""Made the frozen files of this folder, once: `python tests/golden/generative/make.py`. The tests never run it.

Run it again only when the format changes, and then say so in bitstream_spec.md.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

import nccodec
from nccodec.bitstream import container
from nccodec.bitstream.container import Chunk, Header
from nccodec.bitstream.frame import frame
from nccodec.code import Extras
from nccodec.codec.file import write_file
from nccodec.codec.kinds import read
from nccodec.generative import weights
from nccodec.generative.architecture import Architecture, shapes
from nccodec.generative.code import GenerativeCode

HERE = Path(__file__).parent
GREY = Architecture(size=12, channels=1, ranges=2, kernel=10, atoms=3, latents=5, upper=2, hidden=8, width=8)
COLOUR = Architecture(size=16, channels=3, ranges=8, kernel=4, atoms=2, latents=4, upper=1, hidden=8, width=8)


def make_weights(name: str, architecture: Architecture, seed: int) -> None:
    random = np.random.default_rng(seed)
    deviations = {"encoder": 0.2, "prior": 0.3, "decoder": 0.5, "atoms": 0.12}
    tensors = {
        name: random.normal(0, deviations.get(name.split(".")[0], 0.02), shape)
        for name, shape in shapes(architecture).items()
    }
    tensors["bias"] += 0.4
    weights.save(HERE / f"{name}.safetensors", architecture, tensors)


def code_of(name: str, latents: list[int], step: int = 16) -> GenerativeCode:
    found = weights.load(HERE / f"{name}.safetensors")
    a = found.architecture
    return GenerativeCode(a.size, a.channels == 1, step, found.fingerprint, np.array(latents))


def make_ok() -> None:
    alpha = np.full((16, 16), 255, np.uint8)
    alpha[3:9, 5:] = 40
    files = {
        "grey": write_file(code_of("grey", [12, -31, 4, 0, 18]), "fixed"),
        "grey-middle": write_file(code_of("grey", [0] * 5), "fixed"),
        "grey-far": write_file(code_of("grey", [-256, 256, 3, -100, 255]), "range"),
        "grey-coarse": write_file(code_of("grey", [-1, 1, 0, 0, 1], 256), "fixed"),
        "colour": write_file(code_of("colour", [-20, 9, 15, -2]), "fixed", None, Extras(alpha, xmp=b"<x:xmpmeta/>")),
    }
    for name, data in files.items():
        (HERE / f"{name}.ncl").write_bytes(data)
        nccodec.decode(data, weights=HERE / f"{name.split('-')[0]}.safetensors").save(HERE / f"{name}.png")


def make_bad() -> None:
    header, chunks = read((HERE / "grey.ncl").read_bytes())
    far = code_of("grey", [0, 0, 257, 0, 0])

    def other(**changed: object) -> Header:
        return replace(header, fields=replace(header.fields, **changed))

    def common(**changed: object) -> Header:
        return replace(header, common=replace(header.common, **changed))

    def write(head: Header, *held: Chunk) -> bytes:
        return container.write(head, list(held))

    def holding(content: bytes) -> bytes:
        return write(header, Chunk(0x1E, frame(content)))

    fit = "are not those of the weights"
    cases = {
        "no-latents": (write(other(latents=0), *chunks), "FormatError", "0 latents are outside"),
        "many-latents": (write(other(latents=257), *chunks), "FormatError", "257 latents are outside"),
        "more-latents": (write(other(latents=6), *chunks), "FormatError", fit),
        "no-step": (write(other(step=0), *chunks), "FormatError", "without a quantizer step"),
        "other-weights": (write(other(fingerprint=bytes(8)), *chunks), "WeightsError", "0000000000000000"),
        "side": (write(common(side=8), *chunks), "FormatError", "states 8 where there is 4"),
        "size": (write(common(width=13), *chunks), "FormatError", fit),
        "colour": (write(common(grey=False), *chunks), "FormatError", fit),
        "missing": (write(header), "FormatError", "without latents"),
        "strange-chunk": (write(header, Chunk(0x18, chunks[0].payload)), "FormatError", "another kind of map"),
        "nothing": (holding(b""), "FormatError", "0 bytes are not 5 latents"),
        "wide": (holding(bytes([17]) + bytes(10)), "FormatError", "17 bits are over"),
        "short": (holding(bytes([6]) + bytes(3)), "FormatError", "4 bytes are not 5 latents of 6 bits"),
        "long": (holding(bytes([6]) + bytes(5)), "FormatError", "6 bytes are not 5 latents of 6 bits"),
        "bits-left": (holding(bytes([6]) + b"\0\0\0\1"), "FormatError", "5 bytes are not 5 latents of 6 bits"),
        "too-long": (holding(bytes(12)), "FormatError", "over the limit of 11"),
        "far": (write_file(far, "fixed"), "FormatError", "a latent is beyond 16"),
    }
    expected = {}
    for name, (data, error, message) in cases.items():
        (HERE / "bad" / f"{name}.ncl").write_bytes(data)
        expected[f"{name}.ncl"] = [error, message]
    (HERE / "bad" / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


def show_example() -> None:
    """Print the example of bitstream_spec.md."""
    data = (HERE / "grey.ncl").read_bytes()
    code = code_of("grey", [12, -31, 4, 0, 18])
    fields = {"size": code.size, "grey": code.grey, "step": code.step, "fingerprint": code.fingerprint.hex()}
    print("```json\n" + json.dumps(fields | {"latents": code.latents.tolist()}) + "\n```\n\n```")
    _, chunks = read(data)
    cuts = [
        (8, "magic"), (1, "version 1"), (1, "flags: grey, a generative collage"), (1, "packer: fixed"),
        (1, "log2 B: down to 1/4"), (4, "W = 12"), (4, "H = 12"), (2, "5 latents"), (2, "step 16: 1/16"),
        (8, "fingerprint"), (1, "chunk: latents"), (4, f"{len(chunks[0].payload)} bytes"),
        (len(chunks[0].payload), "zstd frame"), (4, "CRC-32"),
    ]  # fmt: skip
    at = 0
    for length, text in cuts:
        for start in range(0, length, 16):
            part = data[at + start : at + min(length, start + 16)]
            print(f"{at + start:04x}  {part.hex(' '):<47}  {text if not start else ''}".rstrip())
        at += length
    print(f"```\n{len(data)} bytes")


if __name__ == "__main__":
    make_weights("grey", GREY, 20261126)
    make_weights("colour", COLOUR, 20261127)
    make_ok()
    make_bad()
    show_example()
