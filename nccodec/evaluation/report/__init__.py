"""A comparison as one HTML page that needs nothing else: no server, no network, no other file."""

import json
import re
from importlib.resources import files

from ..tables import tables


def page(comparison: dict, shown: list[dict]) -> str:
    """The page, as HTML.

    comparison: as of `comparison.compare`. shown: as of `comparison.look`, may be empty.
    """
    data = {
        "curves": comparison["curves"],
        "names": [picture["name"] for picture in comparison["pictures"]],
        "tables": [table.to_dict() for table in tables(comparison)],
        "pictures": shown,
    }
    source = files(__package__)
    parts = {name: (source / name).read_text(encoding="utf-8") for name in ("page.html", "page.css", "page.js")}
    # As a "<" in text, such as that of "</script>", would end or change the element that holds the data.
    parts["data"] = json.dumps(data, allow_nan=False).replace("<", "\\u003c")
    return re.sub(r"/\* insert (\S+) \*/", lambda match: parts[match[1]], parts["page.html"])
