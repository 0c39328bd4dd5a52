"""What the names of pictures end in, where a folder is searched for them."""

from functools import lru_cache

from PIL import Image

# Pillow only knows these by name, or reads them with another program; NCL is what `pillow_plugin` adds.
_NOT_READ = {"BUFR", "EPS", "GRIB", "HDF5", "MPEG", "NCL", "WMF"}


@lru_cache
def suffixes() -> frozenset[str]:
    """In small letters, with their dots: of all that Pillow reads here."""
    Image.init()
    read = {*Image.OPEN, "MPO"} - _NOT_READ  # MPO is read as JPEG
    return frozenset(suffix for suffix, name in Image.EXTENSION.items() if name in read)
