"""CollageCode and PartitionCode <-> bytes."""

from collections.abc import Callable

from ..bitstream import container
from ..bitstream.container import ALPHA, SCALES, Header
from ..bitstream.extras import read_extras
from ..bitstream.symbols import SymbolModel
from ..code import Extras, Span
from ..errors import FormatError
from ..neural.code import CollageCode
from ..neural.packing import read_collage
from ..pifs.code import PartitionCode
from ..pifs.packing import read_partition


def read_code(data: bytes, model_of: Callable[[Header], SymbolModel | None]) -> CollageCode | PartitionCode:
    """The map of a `.ncl`: see `read_file`."""
    return read_file(data, model_of)[0]


def read_file(
    data: bytes,
    model_of: Callable[[Header], SymbolModel | None],
    cells_of: Callable[[Header], tuple[Span, Span]] | None = None,
) -> tuple[CollageCode | PartitionCode, Extras]:
    """What a `.ncl` holds, every field of the header verified. NclError for any fault.

    model_of: gives the prior for the header of a collage, and raises where it does not fit the weights. cells_of:
    rows and columns of the cells of a collage that are needed: tiles without any are left at zero, and if there are
    such, what the header says of all cells cannot be verified.
    """
    header, chunks = container.read(data)
    parts = [chunk for chunk in chunks if chunk.kind < ALPHA]
    code: CollageCode | PartitionCode
    if header.partition:
        code, complete = read_partition(header, parts), True
    else:
        model = model_of(header)
        code, complete = read_collage(header, parts, model, cells_of and cells_of(header))
    stated = (header.steps, header.scale_sum, header.nonzero_scales)
    found = (code.steps, code.scale_sum, code.nonzero_scales)
    there = not header.partition and any(chunk.kind == SCALES for chunk in parts)
    fits = stated == found if complete else there == (header.nonzero_scales > 0) and found[2] <= stated[2]
    if not fits:
        raise FormatError(f"header states iterations, scale sum, non-zero scales {stated}, the chunks hold {found}")
    return code, read_extras(header, chunks)
