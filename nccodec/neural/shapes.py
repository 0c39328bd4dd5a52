"""The arrays that a weights file of an architecture holds, by name."""

from .architecture import Architecture
from .detail import FINEST
from .filter import SQUARE

Shape = tuple[int, ...]


def shapes(a: Architecture) -> dict[str, Shape]:
    """The shape of every array."""
    half, levels, across, pixels = a.range_size // 2, len(a.lambdas), a.range_size // SQUARE, 3 * SQUARE * SQUARE
    made: dict[str, Shape] = {}

    def layer(name: str, outputs: int, inputs: int, side: int) -> None:
        made[f"{name}.weight"], made[f"{name}.bias"] = (outputs, inputs, side, side), (outputs,)

    def depthwise(name: str, width: int, growth: int) -> None:
        layer(f"{name}.depthwise", width, 1, 5)
        layer(f"{name}.first", growth * width, width, 1)
        layer(f"{name}.second", width, growth * width, 1)

    def dense(name: str, width: int) -> None:
        layer(f"{name}.first", width, width, 3)
        layer(f"{name}.second", width, width, 3)

    def residual(name: str, width: int, growth: int) -> None:
        for number in range(a.blocks):
            depthwise(f"{name}.{number}", width, growth)
        for number in range(a.blocks, a.blocks + a.dense):
            dense(f"{name}.{number}", width)

    made["atoms"] = (a.atoms, 3, a.kernel, a.kernel)
    made["level"] = (levels, a.depth)
    made["log_gain"] = (levels, a.channels)
    made["analysis.weight"] = made["atoms"]
    layer("stem", a.width, 3, half)
    residual("fine", a.width, 3)
    layer("down", a.depth, a.width, 2)
    layer("lift", a.depth, a.atoms, 1)
    residual("coarse", a.depth, 2)
    layer("head", a.atoms, a.depth, 1)
    depthwise("late", a.depth, 2)
    layer("late_head", a.channels, a.depth, 1)

    made["refinement.level"] = (levels, a.refinement)
    layer("refinement.squeeze", a.refinement, a.atoms, 1)
    for number in range(2):
        depthwise(f"refinement.blocks.{number}", a.refinement, 2)
    layer("refinement.head", a.atoms, a.refinement, 1)

    made["filter.gain"] = made["filter.offset"] = (a.filter, across, across)
    made["filter.level"], made["filter.amplitude"] = (levels, a.filter), (levels,)
    layer("filter.first", a.filter, pixels, 3)
    for number in range(2):
        dense(f"filter.blocks.{number}", a.filter)
    layer("filter.head", pixels, a.filter, 3)

    made["detail.level"] = (levels, a.detail)
    layer("detail.first", a.detail, 3, 5)
    for number in range(2):
        layer(f"detail.middle.{number}", a.detail, a.detail, 3)
    layer("detail.head", FINEST * FINEST, a.detail, 3)
    return made
