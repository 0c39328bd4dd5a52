"""Golden files of sets of points: what must decode, and what must fail."""

from dataclasses import replace

import numpy as np
from made import HERE
from pointsets import random_points

from nccodec.bitstream import container
from nccodec.bitstream.container import Chunk, Header
from nccodec.bitstream.frame import frame, unframe
from nccodec.codec.kinds import read
from nccodec.points.code import PointsCode
from nccodec.points.header import LARGEST_FACTOR
from nccodec.points.packing import pack as pack_points


def points() -> dict[str, PointsCode]:
    return {
        "points-23x14": random_points((14, 23), 4, 40, density=3),
        "points-grey-paper-9x17": random_points((17, 9), 2, 41, grey=True, paper=True, density=5),
        "points-space-15x15": random_points((15, 15), 7, 42, dimensions=3, density=3),
        "points-one-pixel": random_points((1, 1), 2, 43, density=64),
    }


def bad_points() -> dict[str, tuple[bytes, str, str]]:
    code, space = (points()[name] for name in ("points-23x14", "points-space-15x15"))
    header, (chunk,) = read((HERE / "ok" / "points-23x14.ncl").read_bytes())
    content = unframe(chunk.payload, 1 << 16)

    def with_fields(**changed) -> bytes:
        return container.write(replace(header, fields=replace(header.fields, **changed)), [chunk])

    def holding(content: bytes) -> bytes:
        return container.write(header, [Chunk(chunk.kind, frame(content))])

    def with_maps(code: PointsCode, **changed) -> bytes:
        changed = replace(code, **changed)
        fields, chunks = pack_points(changed, "fixed", None)
        return container.write(Header(5, changed.common("fixed", False), fields), chunks)

    d = code.dimensions
    turn = np.array([[[0, -LARGEST_FACTOR], [LARGEST_FACTOR, 0]]] * 4)
    weights_of = code.weights + np.array([1, 0, 0, 0])
    cases = {
        "range": (container.write(replace(header, common=replace(header.common, packer="range")), [chunk]),
                  "FormatError", "packer 'range'"),
        "one-map": (with_fields(maps=1), "FormatError", "1 maps are outside 2 .. 64"),
        "many-maps": (with_fields(maps=65), "FormatError", "65 maps are outside 2 .. 64"),
        "more-maps": (with_fields(maps=5), "FormatError", "5 maps take"),
        "dimensions": (with_fields(dimensions=4), "FormatError", "points of 4 dimensions"),
        "space": (with_fields(dimensions=3), "FormatError", "4 maps take"),
        "paper": (with_fields(paper=2), "FormatError", "reserved bits"),
        "no-density": (with_fields(density=0), "FormatError", "out of bounds"),
        "dense": (with_fields(density=65), "FormatError", "out of bounds"),
        "no-gamma": (with_fields(gamma=0), "FormatError", "out of bounds"),
        "growth": (with_fields(growth=129), "FormatError", "out of bounds"),
        "no-white": (with_fields(white=0), "FormatError", "out of bounds"),
        "steep": (with_maps(code, matrices=turn), "FormatError", "is over 0.96875"),
        "factor": (with_fields(factor=code.factor - 1), "FormatError", "header states a factor"),
        "factor-above": (with_fields(factor=code.factor + 1), "FormatError", "header states a factor"),
        "hidden-steep": (holding(turn[0].astype("<i2").tobytes() + content[2 * d * d :]), "FormatError", "factor"),
        "no-weight": (with_maps(code, weights=np.array([0, 1, 2, 65533])), "FormatError", "weights of the maps"),
        "weights": (with_maps(code, weights=weights_of), "FormatError", "weights of the maps"),
        "place": (with_maps(code, place=np.array([0, np.inf, 1], np.float32)), "FormatError", "place of a set"),
        "no-unit": (with_maps(space, place=np.array([0, 0, 0, 0], np.float32)), "FormatError", "place of a set"),
        "bytes-left": (holding(content + b"\0"), "FormatError", "over the limit"),
        "cut": (holding(content[:-1]), "FormatError", "4 maps take"),
        "no-maps": (container.write(header, []), "FormatError", "without its maps"),
        "large": (
            container.write(replace(header, common=replace(header.common, width=1 << 23, height=9)), [chunk]),
            "LimitError", "8388608 x 9 pixels is over 67108864",
        ),
    }  # fmt: skip
    return {f"points-{name}": case for name, case in cases.items()}
