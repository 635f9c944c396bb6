"""`/widget/*`: the storefront's elements, which any merchant's page may load."""

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Response, request

from app.web.api import Api, Reply

_FOLDER: Final = Path(__file__).parent / "static" / "widget"
_SCRIPT: Final = "text/javascript"
_STYLES: Final = "text/css"
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    # An hour, and a day more while a new one is fetched: the page of a shop never waits for ours.
    "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400",
    "Vary": "Accept-Encoding",
}
_DOCUMENTED: Final = {
    "ETag": "Changes with the file",
    "Cache-Control": "public: it is the same for everybody",
}

api = Api("Widget", "Elements for a shop's pages. They carry no key and are the same for everybody.")


@dataclass(frozen=True, slots=True)
class File:
    """One public file, compressed once when the process starts."""

    plain: bytes
    zipped: bytes
    tag: str
    content_type: str


def _read(name: str, content_type: str, wrapped: tuple[bytes, bytes] = (b"", b"")) -> File:
    before, after = wrapped
    plain = before + (_FOLDER / name).read_bytes() + after
    tag = hashlib.blake2b(plain, digest_size=8).hexdigest()
    return File(plain, gzip.compress(plain, mtime=0), tag, f"{content_type}; charset=utf-8")


# Leaflet's release as a module, which also gives the page's own `L` back. Its modules proper are 2.5 times as large.
_AS_MODULE: Final = (
    b"const exports = {}, module = { exports };\n",
    b"\nexports.noConflict();\nexport default exports;\n",
)
_NEARBY_STOCK: Final = _read("nearby-stock.js", _SCRIPT)
_STORE_LOCATOR: Final = _read("store-locator.js", _SCRIPT)
_LEAFLET: Final = _read("leaflet/leaflet.js", _SCRIPT, _AS_MODULE)
_LEAFLET_STYLES: Final = _read("leaflet/leaflet.css", _STYLES)


def _served(file: File) -> Response:
    """The file as the caller can read it, or 304; the tag is weak, since it stands for both encodings."""
    zipped = request.accept_encodings["gzip"] > 0
    response = Response(file.zipped if zipped else file.plain, content_type=file.content_type)
    response.headers.update(_HEADERS)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(file.tag, weak=True)
    response.make_conditional(request.environ)
    return response


@api.route(
    "GET",
    "/widget/nearby-stock.js",
    summary="The element <nearby-stock>",
    scope=None,
    responses={200: Reply({"type": "string"}, "An ES module", _DOCUMENTED, _SCRIPT), 304: None},
)
def get_nearby_stock_script() -> Response:
    """Shows a shopper which dealers near them have a part in stock; it depends on nothing else."""
    return _served(_NEARBY_STOCK)


@api.route(
    "GET",
    "/widget/store-locator.js",
    summary="The element <store-locator>",
    scope=None,
    responses={200: Reply({"type": "string"}, "An ES module", _DOCUMENTED, _SCRIPT), 304: None},
)
def get_store_locator_script() -> Response:
    """Shows all dealers, on a map where the shop has a token for one; it imports `nearby-stock.js`."""
    return _served(_STORE_LOCATOR)


@api.route(
    "GET",
    "/widget/leaflet/leaflet.js",
    summary="The map that <store-locator> draws",
    scope=None,
    responses={200: Reply({"type": "string"}, "An ES module", _DOCUMENTED, _SCRIPT), 304: None},
)
def get_leaflet_script() -> Response:
    """Leaflet 1.9.4 as it was released, as a module; its licence is at `/static/widget/leaflet/LICENSE`."""
    return _served(_LEAFLET)


@api.route(
    "GET",
    "/widget/leaflet/leaflet.css",
    summary="The map's styles",
    scope=None,
    responses={200: Reply({"type": "string"}, "Styles", _DOCUMENTED, _STYLES), 304: None},
)
def get_leaflet_styles() -> Response:
    """Leaflet 1.9.4 as it was released."""
    return _served(_LEAFLET_STYLES)
