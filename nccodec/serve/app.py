"""The ASGI application: addresses to answers."""

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate, parsedate_to_datetime
from importlib.resources import files
from urllib.parse import quote, unquote_to_bytes

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from .. import __version__
from ..errors import NclError
from .address import FORMATS, BadRequest, parse
from .document import CONTEXT, PROFILE, info_of
from .images import Images
from .library import Entry, Library, NotServed, Unreadable
from .pool import Abandoned, Busy, Pool

_PAUSE = 0.1  # seconds between looks whether anything else is to do
_KEPT = "public, max-age=3600"  # by browsers, which ask again with the ETag
_CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "ETag, Link"}
_PAGE = {
    "": ("page.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
}
_PAGE_RULES = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self' blob: data:; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
}


def application(library: Library, images: Images, threads: int, queue: int, second: bool = False) -> Starlette:
    """library, images: what is served. threads, queue: see `Pool`. second: with version 2 of the API besides 3."""
    site = _Site(library, images, threads, queue, (3, 2) if second else (3,))
    # All addresses are taken as they were sent: decoding them first would make slashes of what is none.
    return Starlette(routes=[Mount("/", app=site.answer)], lifespan=site.lifespan)


class _Site:
    def __init__(
        self, library: Library, images: Images, threads: int, queue: int, versions: tuple[int, ...]
    ) -> None:  # fmt: skip
        self._library, self._images, self._versions = library, images, versions
        self._sizes = threads, queue
        self._pool: Pool | None = None
        self._preparing: set[asyncio.Task] = set()
        self._latest: Entry | None = None
        self._open = True
        folder = files("nccodec.serve")
        self._pages = {name: ((folder / file).read_bytes(), kind) for name, (file, kind) in _PAGE.items()}

    @asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        self._pool = Pool(*self._sizes)
        yield
        self._open = False
        self._pool.close()

    async def answer(self, scope, receive, send) -> None:
        """One request."""
        request = Request(scope, receive)
        response = await self._respond(request)
        for name, value in {**_CORS, "X-Content-Type-Options": "nosniff"}.items():
            response.headers.setdefault(name, value)
        if request.method == "HEAD":
            response.body = b""  # its length stays in the headers
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            allowed = {"Access-Control-Allow-Methods": "GET, HEAD, OPTIONS", "Access-Control-Allow-Headers": "*"}
            return Response(headers=allowed)
        if request.method not in ("GET", "HEAD"):
            return _told(400, "only GET, HEAD and OPTIONS are answered")
        raw = request.scope.get("raw_path") or quote(request.scope["path"]).encode()
        try:
            return await self._routed(request, raw.decode("ascii").split("/")[1:])
        except (NotServed, UnicodeError):
            return _told(404, "there is no such image")
        except BadRequest as error:
            return _told(400, str(error))
        except Unreadable as error:
            return _told(503, str(error), {"Retry-After": "2"})
        except NclError as error:
            return _told(404, f"the image is broken: {error}")
        except MemoryError:
            return _told(503, "not enough memory", {"Retry-After": "5"})
        except Busy:
            return _told(503, "too many requests wait already", {"Retry-After": "2"})
        except Abandoned:
            return _told(503, "given up")

    async def _routed(self, request: Request, parts: list[str]) -> Response:
        if len(parts) == 1 and parts[0] in self._pages:
            content, kind = self._pages[parts[0]]
            return _matched(request, Response(content, headers=_PAGE_RULES | {"ETag": _tag(content)}, media_type=kind))
        if parts == ["files.json"]:
            entries = await self._run(request, self._library.entries)
            listed = [{"id": e.name, "bytes": e.size, "modified": e.modified} for e in entries]
            return _json({"files": listed})
        if parts[0] == "facts" and len(parts) == 2:
            entry = await self._entry(request, parts[1])
            return _json(await self._run(request, lambda: self._images.facts(entry)))
        if parts[0] == "cubic" and len(parts) == 6:
            return await self._image(request, parts[1:], 3, cubic=True)
        for version in self._versions:
            if parts[:2] == ["iiif", str(version)]:
                return await self._iiif(request, parts[2:], version)
        raise NotServed

    async def _iiif(self, request: Request, parts: list[str], version: int) -> Response:
        if len(parts) == 1 and parts[0]:
            await self._entry(request, parts[0])
            document = self._address(request, parts[0], version) + "/info.json"
            return Response(status_code=303, headers={"Location": document})
        if len(parts) == 2 and parts[1] == "info.json":
            return await self._info(request, parts[0], version)
        if len(parts) == 5:
            return await self._image(request, parts, version)
        raise NotServed

    async def _info(self, request: Request, name: str, version: int) -> Response:
        entry = await self._entry(request, name)
        opened = await self._run(request, lambda: self._images.opened(entry))
        limits = self._images.limits(entry)
        document = info_of(opened, limits, self._address(request, name, version), version)
        content = json.dumps(document, indent=1).encode()
        linked = "application/ld+json" in request.headers.get("accept", "") or version == 3
        kind = f'application/ld+json;profile="{CONTEXT[version]}"' if linked else "application/json"
        headers = self._headers(entry, _tag(content)) | {"Content-Type": kind, "Vary": "Accept"}
        if not linked:
            headers["Link"] = (
                f'<{CONTEXT[version]}>;rel="http://www.w3.org/ns/json-ld#context";type="application/ld+json"'
            )
        self._prepare(entry)
        return _matched(request, Response(content, headers=headers))

    async def _image(self, request: Request, parts: list[str], version: int, cubic: bool = False) -> Response:
        entry = await self._entry(request, parts[0])
        limits = await self._run(request, lambda: self._images.limits(entry))
        wanted = parse(*map(_decoded, parts[1:]), limits, second=version == 2)
        canonical = f"{self._address(request, parts[0], version)}/{wanted.canonical}"
        tag = _tag(f"{entry.version}{__version__}{wanted}{cubic}".encode())
        headers = self._headers(entry, tag) | {"Content-Type": FORMATS[wanted.format]}
        headers["Link"] = f'<{canonical}>;rel="canonical",<{PROFILE[version]}>;rel="profile"'
        if _unchanged(request, headers):
            return Response(status_code=304, headers=headers)
        content = self._images.made(entry, wanted, cubic)
        if content is None:
            pixels = await self._run(request, lambda: self._images.work(entry, wanted))
            content = await self._run(request, lambda: self._images.make(entry, wanted, cubic), pixels)
        return Response(content, headers=headers)

    async def _run(self, request: Request, work, pixels: int = 0):
        return await self._pool.run(work, pixels, request.is_disconnected)

    async def _entry(self, request: Request, part: str) -> Entry:
        name = _decoded(part)
        return await self._run(request, lambda: self._library.find(name))

    def _address(self, request: Request, name: str, version: int) -> str:
        """As the client sees it, also behind a proxy that says so."""
        scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
        scheme = scheme if scheme in ("http", "https") else "http"
        host = request.headers.get("x-forwarded-host") or request.headers.get("host") or request.url.netloc
        host = quote(host, safe=":.[]-_,")
        return f"{scheme}://{host}/iiif/{version}/{quote(_decoded(name), safe='')}"

    def _headers(self, entry: Entry, tag: str) -> dict[str, str]:
        return {"ETag": tag, "Last-Modified": formatdate(entry.modified, usegmt=True), "Cache-Control": _KEPT}

    def _prepare(self, entry: Entry) -> None:
        """Have what the first look at a picture needs made while nothing else is to do."""
        if entry == self._latest:
            return
        self._latest = entry

        def going_on() -> bool:
            while self._pool.busy and self._open and self._latest == entry:
                time.sleep(_PAUSE)
            return self._open and self._latest == entry

        work = self._pool.run_idle(lambda: self._images.prepare(entry, going_on))
        task = asyncio.get_running_loop().create_task(work)
        self._preparing.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task) -> None:
        self._preparing.discard(task)
        if not task.cancelled() and task.exception() is not None:  # Busy: it was no more than an offer
            self._latest = None


def _decoded(part: str) -> str:
    return unquote_to_bytes(part).decode("utf-8")


def _told(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    return Response(message + "\n", status, headers, media_type="text/plain")


def _json(content: object) -> Response:
    return Response(json.dumps(content), headers={"Cache-Control": "no-cache"}, media_type="application/json")


def _tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:24]}"'


def _matched(request: Request, response: Response) -> Response:
    """304 in its place where the client has it already."""
    if _unchanged(request, response.headers):
        return Response(status_code=304, headers={k: v for k, v in response.headers.items() if k != "content-length"})
    return response


def _unchanged(request: Request, headers) -> bool:
    """If-None-Match, and without it If-Modified-Since."""
    tag, modified = headers.get("ETag"), headers.get("Last-Modified")
    if (asked := request.headers.get("if-none-match")) is not None:
        return asked.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in asked.split(",")]
    if modified and (since := request.headers.get("if-modified-since")):
        try:
            return parsedate_to_datetime(modified) <= parsedate_to_datetime(since)
        except (TypeError, ValueError):
            return False
    return False
