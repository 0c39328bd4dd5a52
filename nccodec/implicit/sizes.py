"""Width and depth of a network from the bytes of its file. Only the standard library is imported."""

import math

from ..errors import LimitError
from .header import MOST_DEPTH, MOST_WIDTH, SIGMA_UNIT, Shape, side_of
from .options import BUDGET, Options

# Bits a weight of "uniform" and "codebook" at the default quality, and somewhat more, so that a size asked for is met:
# 6.3 to 6.8 and 16 were measured.
BITS = {"uniform": 7.0, "codebook": 16.0, "float16": 16.0}
_FRAMING = 60  # bytes of a file, and _LAYER of each layer's tables
_LAYER = 6
# As COIN's shapes for Kodak (arXiv 2103.03123): 10 hidden layers of the larger networks, 5 of the smaller.
_DEEP, _DEPTHS = 6500, (5, 10)
SMALLEST_WIDTH = 4  # of a network that is chosen


def shape_for(options: Options, height: int, width: int, grey: bool) -> Shape:
    """The network that is fitted: that of `init`, or of the width and depth asked for, or the largest of which a file
    is about within the budget. LimitError where none is, or `init` is of another kind of picture."""
    if options.init is not None:
        if options.init.grey != grey:
            raise LimitError("one of the picture and that of the network to start from is grey, the other is not")
        return options.init.shape
    budget = options.budget if options.budget is not None else int(BUDGET * height * width / 8)

    def shape(depth: int, width: int) -> Shape:
        fourier = options.network == "fourier"
        about = (options.features, round(SIGMA_UNIT * options.sigma), options.seed) if fourier else ()
        return Shape(options.kind, depth, width, 1 if grey else 3, *about)

    def widest(depth: int) -> Shape:
        if options.width is not None:
            return shape(depth, options.width)
        low, high = 1, MOST_WIDTH  # low is within the budget, or none is
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if bytes_of(shape(depth, middle), options) <= budget else (low, middle - 1)
        if low < SMALLEST_WIDTH and options.budget is not None:
            raise LimitError(f"no network of {depth} layers fits into {budget} bytes")
        return shape(depth, max(low, SMALLEST_WIDTH))

    if options.depth is not None:
        return widest(options.depth)
    if options.width is not None and options.budget is None:
        return shape(_DEPTHS[0], options.width)
    few, many = _DEPTHS
    if options.width is not None:
        depths = range(1, MOST_DEPTH + 1)
        within = [depth for depth in depths if bytes_of(shape(depth, options.width), options) <= budget]
        if not within:
            raise LimitError(f"no network of layers of {options.width} fits into {budget} bytes")
        return shape(max(within), options.width)
    shallow = widest(few)
    return widest(many) if shallow.weights >= _DEEP else shallow


def bytes_of(shape: Shape, options: Options) -> int:
    """About those of a file: of sparse matrices with the entropy of where their zeros are."""
    bits = options.bits if options.bits is not None and options.values != "float16" else BITS[options.values]
    numbers = shape.weights
    if options.factors:
        bits, numbers = 16, 2 * rank_for(shape, options.factors) * side_of(shape.weights)
    total = bits * numbers + 16 * shape.biases
    if options.sparsity:
        zero = options.sparsity
        places = -zero * math.log2(zero) - (1 - zero) * math.log2(1 - zero)
        total = bits * (1 - zero) * numbers + places * numbers + 16 * shape.biases
    return math.ceil(total / 8) + _FRAMING + _LAYER * (shape.depth + 1)


def rank_for(shape: Shape, share: float) -> int:
    """Of two factors that together hold such a share of a network's weights, at least 1."""
    return max(1, int(share * shape.weights / (2 * side_of(shape.weights))))
