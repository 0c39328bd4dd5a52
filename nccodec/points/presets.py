"""Classical attractors of affine maps. Only the standard library is imported."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Preset:
    """maps: a, b, c, d, e, f each: x -> a x + b y + e, y -> c x + d y + f. chances: of the maps, sum 1. source:
    where they are from."""

    maps: tuple[tuple[float, float, float, float, float, float], ...]
    chances: tuple[float, ...]
    source: str


PRESETS = {
    "fern": Preset(
        (
            (0.85, 0.04, -0.04, 0.85, 0, 1.6),
            (0.2, -0.26, 0.23, 0.22, 0, 1.6),
            (-0.15, 0.28, 0.26, 0.24, 0, 0.44),
            (0, 0, 0, 0.16, 0, 0),
        ),
        (0.85, 0.07, 0.07, 0.01),
        "M. F. Barnsley, Fractals Everywhere, 1988",
    ),
    "sierpinski": Preset(
        ((0.5, 0, 0, 0.5, 0, 0), (0.5, 0, 0, 0.5, 0.5, 0), (0.5, 0, 0, 0.5, 0.25, 0.4330127)),
        (0.334, 0.333, 0.333),
        "W. Sierpinski, 1915",
    ),
    "dragon": Preset(
        ((0.5, -0.5, 0.5, 0.5, 0, 0), (-0.5, -0.5, 0.5, -0.5, 1, 0)),
        (0.5, 0.5),
        "J. E. Heighway, told of by M. Gardner, Scientific American, March 1967",
    ),
    "maple": Preset(
        (
            (0.14, 0.01, 0, 0.51, -0.08, -1.31),
            (0.43, 0.52, -0.45, 0.5, 1.49, -0.75),
            (0.45, -0.49, 0.47, 0.47, -1.62, -0.74),
            (0.49, 0, 0, 0.51, 0.02, 1.62),
        ),
        (0.1, 0.35, 0.35, 0.2),
        "after M. F. Barnsley, Fractals Everywhere, 1988",
    ),
}
