"""What the names of pictures end in, where a folder is searched for them. Imports nothing."""

SUFFIXES = frozenset(
    {
        *(".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".gif"),
        *(".jp2", ".avif", ".tga", ".ico", ".qoi"),
    }
)
