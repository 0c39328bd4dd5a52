"""What compiles the loops over pixels of this room: see `arrays.compiled`."""

from pathlib import Path

from ..arrays.compiled import compiler

compiled = compiler(Path(__file__).parent)
