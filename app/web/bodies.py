"""A request body, most often JSON, as bytes: typed, decoded and bounded, on the wire and decompressed."""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TypeVar

from flask import request
from pydantic import BaseModel

from app.web.context import container
from app.web.errors import HttpError

_M = TypeVar("_M", bound=BaseModel)
_JSON: Final = "application/json"
_PIECE: Final = 65536
_MEMBERS_MAX: Final = 10_000
_GZIP: Final = zlib.MAX_WBITS | 16
_BOM: Final = b"\xef\xbb\xbf"


def read_json_body() -> bytes:
    """The body's JSON text, not yet parsed; 415, 413 or 400 for what cannot be that."""
    return read_body(_JSON)


def read_body(*types: str) -> bytes:
    """The body's text, if its Content-Type is one of these; 415, 413 or 400 otherwise."""
    _require_type(types)
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    limit = container().settings.body_limit_bytes
    wire = _pieces(limit)
    if encoding in {"identity", ""}:
        body = b"".join(wire)
    elif encoding in {"gzip", "x-gzip"}:
        body = b"".join(gunzipped(wire, limit))
    else:
        raise HttpError(
            415,
            "unsupported_encoding",
            f"Content-Encoding {encoding[:60]} is not understood; send the body plain or as gzip",
            headers={"Accept-Encoding": "gzip, identity"},
        )
    return body.removeprefix(_BOM)


def read_signed(limit: int) -> bytes:
    """The body to the byte as it was sent, whatever it calls itself; 413 beyond the limit."""
    return b"".join(_pieces(limit))


def read_model(model: type[_M]) -> _M:
    """A small JSON object as its model; strict, so that `"limit": "5"` or `true` for a number is refused."""
    return model.model_validate_json(read_json_body(), strict=True)


def _require_type(types: Sequence[str]) -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in types or charset not in {"utf-8", "utf8", "us-ascii"}:
        named = " or ".join(types)
        raise HttpError(415, "unsupported_media_type", f"send the body as Content-Type: {named}, in UTF-8")


def _pieces(limit: int) -> Iterator[bytes]:
    """The body as it arrives, with or without a Content-Length; never more than `limit` is held."""
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    total = 0
    while piece := request.stream.read(_PIECE):
        total += len(piece)
        if total > limit:
            raise _too_large(limit)
        yield piece


def gunzipped(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Decompress one or more gzip members; at most `limit` bytes come out, whatever went in."""
    member = zlib.decompressobj(_GZIP)
    members, total, empty = 1, 0, True
    for piece in pieces:
        rest = piece
        while rest:
            empty = False
            if member.eof:
                member = zlib.decompressobj(_GZIP)
                members += 1
            out = _decompress(member, rest, limit - total + 1)
            total += len(out)
            if total > limit:
                raise _too_large(limit)
            if members > _MEMBERS_MAX:
                raise _undecodable()
            yield out
            rest = member.unconsumed_tail or member.unused_data
    if not member.eof and not empty:
        raise _undecodable()


def _decompress(member: "zlib._Decompress", data: bytes, length_max: int) -> bytes:
    try:
        return member.decompress(data, length_max)
    except zlib.error as error:
        raise _undecodable() from error


def _too_large(limit: int) -> HttpError:
    return HttpError(
        413,
        "body_too_large",
        f"the body is larger than {limit} bytes, on the wire or decompressed; split it",
    )


def _undecodable() -> HttpError:
    return HttpError(400, "undecodable_body", "the body is not the gzip that its Content-Encoding names")
