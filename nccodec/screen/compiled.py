"""Functions that are compiled for this machine: loops over pixels that no vectors can do, as each waits for the last.

What is compiled is kept beside the package, or in the user's cache, where either can be written to.
"""

from collections.abc import Callable

from numba import njit


def compiled(function: Callable) -> Callable:
    """The function, compiled at its first call. It takes and returns integers and arrays of integers alone, so that
    it gives the same on every machine."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder can be written to: compiled anew in each process
        return njit(nogil=True)(function)
