"""The answers' bytes: made once when they are read from the truth, sent as they are ever after."""

import hashlib
from dataclasses import dataclass
from typing import Final

import msgspec

from app.domain.catalog.html import sanitised
from app.domain.storefront.part import PartPage, StockLine

_TAG_LENGTH: Final = 18


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body with its entity tag, quoted as HTTP wants it."""

    body: bytes
    etag: str


def answer(body: bytes) -> Answer:
    """The body with a tag that changes whenever the body does."""
    return Answer(body, f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"')


def packed(ready: Answer) -> bytes:
    """The answer as one value; the tag has a fixed length."""
    return ready.etag.encode() + ready.body


def unpacked(value: bytes) -> Answer:
    """What `packed` packed."""
    return Answer(value[_TAG_LENGTH:], value[:_TAG_LENGTH].decode())


def part_body(page: PartPage) -> bytes:
    """The body of GET /api/t/parts/{partNumber}."""
    return msgspec.json.encode(
        {
            "partNumber": page.part_number,
            "oemPartNumber": page.oem_part_number,
            "brand": page.brand,
            "name": page.name,
            "category": page.category,
            "description": None if page.description is None else sanitised(page.description),
            "imageUrl": page.image_url,
            "manualUrl": page.manual_url,
            "weightKg": None if page.weight_kg is None else float(page.weight_kg),
            "price": None if page.price is None else float(page.price),
            "stock": page.stock,
        },
    )


def stock_body(line: StockLine) -> bytes:
    """One element of GET /api/t/stock."""
    return msgspec.json.encode(
        {"partNumber": line.part_number, "stock": line.stock, "stockLevel": line.stock_level},
    )
