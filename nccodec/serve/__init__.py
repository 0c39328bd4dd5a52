"""`.ncl` files over HTTP: the IIIF Image API 3.0 at level 2, and a viewer. Needs the extra `serve`."""
