"""XMP that is too long for one segment of a JPEG: XMP specification, part 3, section 1.1.3.1."""

import hashlib
import struct

from PIL import JpegImagePlugin

MAX_XMP = 65_502  # bytes in one segment
_MARK = b"http://ns.adobe.com/xmp/extension/\0"
_PART = 65_400  # bytes of a segment
_NOTE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="%s"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


def split_xmp(xmp: bytes) -> tuple[bytes, bytes]:
    """What of XMP stands in a JPEG's own segment, which only names the rest, and the segments that hold all of it."""
    name = hashlib.md5(xmp, usedforsecurity=False).hexdigest().upper().encode()
    parts = b""
    for start in range(0, len(xmp), _PART):
        content = _MARK + name + struct.pack(">II", len(xmp), start) + xmp[start : start + _PART]
        parts += struct.pack(">2sH", b"\xff\xe1", 2 + len(content)) + content
    return _NOTE % name, parts


def join_xmp(opened: JpegImagePlugin.JpegImageFile) -> bool:
    """Inverse of `split_xmp`, in the `info` of an opened JPEG. Whether there is something more that is not kept: other
    writers share a picture's XMP out between both, as only one that knows its schemas can."""
    segments = [content for _, content in opened.applist if content.startswith(_MARK)]
    if not segments:
        return False
    parts: dict[bytes, dict[int, bytes]] = {}
    head = len(_MARK) + 40  # name, length of the whole, and where in it this one begins
    for segment in (content for content in segments if len(content) > head):
        name, _, start = struct.unpack(">32sII", segment[len(_MARK) : head])
        parts.setdefault(name, {})[start] = segment[head:]
    for name, found in parts.items():
        whole = b"".join(found[start] for start in sorted(found))
        if opened.info.get("xmp") == _NOTE % name and split_xmp(whole)[0] == _NOTE % name:
            opened.info["xmp"] = whole
            return False
    return True
