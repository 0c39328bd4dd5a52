"""info.json: what a client is told of a picture, in version 3 or 2 of the IIIF Image API."""

import re

from ..codec.opened import Opened
from .address import FORMATS, QUALITIES, Limits

TILE = 512  # pixels to a side
_FEATURES = (
    "baseUriRedirect", "canonicalLinkHeader", "cors", "jsonldMediaType", "mirroring", "profileLinkHeader",
    "regionByPct", "regionByPx", "regionSquare", "rotationBy90s", "sizeByConfinedWh", "sizeByH", "sizeByPct", "sizeByW",
    "sizeByWh", "sizeUpscaling",
)  # fmt: skip
_SECOND = {"sizeUpscaling": "sizeAboveFull", "sizeByConfinedWh": "sizeByConfinedWh"}
_RIGHTS = rb"https?://(?:creativecommons\.org/(?:licenses|publicdomain)|rightsstatements\.org/vocab)/[A-Za-z0-9./-]+"
PROFILE = {3: "http://iiif.io/api/image/3/level2.json", 2: "http://iiif.io/api/image/2/level2.json"}
CONTEXT = {3: "http://iiif.io/api/image/3/context.json", 2: "http://iiif.io/api/image/2/context.json"}


def info_of(opened: Opened, limits: Limits, address: str, version: int = 3) -> dict:
    """The document of a picture. address: of the image, without "/info.json"."""
    factors = scale_factors(limits.width, limits.height)
    sizes = [
        {"width": -(-limits.width // factor), "height": -(-limits.height // factor)} for factor in reversed(factors)
    ]
    sizes = [size for size in sizes if size["width"] * size["height"] <= limits.pixels]
    tile = {"width": TILE, "scaleFactors": factors}
    shape = {"width": limits.width, "height": limits.height, "sizes": sizes, "tiles": [tile]}
    most = {"maxWidth": limits.widest, "maxHeight": limits.tallest, "maxArea": limits.pixels}
    rights = rights_of(opened.extras.xmp)
    if version == 2:
        supports = [_SECOND.get(feature, feature) for feature in _FEATURES]
        offers = {"formats": list(FORMATS), "qualities": list(QUALITIES), "supports": supports} | most
        about = {"@context": CONTEXT[2], "@id": address, "protocol": "http://iiif.io/api/image"} | shape
        return about | {"profile": [PROFILE[2], offers]} | ({"license": rights} if rights else {})
    return {
        "@context": CONTEXT[3],
        "id": address,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level2",
        **shape,
        **most,
        **({"rights": rights} if rights else {}),
        "preferredFormats": ["webp", "jpg"],
        "extraFormats": ["webp"],
        "extraQualities": ["color", "gray", "bitonal"],
        "extraFeatures": list(_FEATURES),
    }


def scale_factors(width: int, height: int) -> list[int]:
    """1, 2, 4, ... up to the first at which the whole picture is one tile."""
    factors = [1]
    while -(-max(width, height) // factors[-1]) > TILE:
        factors.append(2 * factors[-1])
    return factors


def rights_of(xmp: bytes | None) -> str | None:
    """The address of a Creative Commons licence or a RightsStatement that metadata names, in the form that the API
    asks for; None if there is none."""
    found = re.search(_RIGHTS, xmp or b"")
    return "http" + found[0].decode().removeprefix("https").removeprefix("http") if found else None
