"""The storefront's reads: from the projection, filled from the truth."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from app.domain.storefront.ports import Kind, Projection, StorefrontStore
from app.domain.storefront.rendering import Answer, answer, packed, part_body, stock_body, unpacked

PART_NUMBER_LENGTH_MAX: Final = 128
# The first byte of an entry: a page or a line, a part number that leads to another, nothing.
_HERE: Final = b"="
_ALIAS: Final = b">"
_ABSENT: Final = b"-"


class StorefrontReads:
    """One tenant's shop, as its visitors ask for it."""

    def __init__(self, store: StorefrontStore, projection: Projection) -> None:
        self._store = store
        self._projection = projection

    def part(self, tenant_id: UUID, part_number: str) -> Answer | None:
        """One part's page by its own number or an alias; None when the tenant does not sell it."""
        number = part_number.strip()
        if not is_part_number(number):
            return None
        entry = self._part_entry(tenant_id, number)
        if entry.startswith(_ALIAS):
            # The page is kept under its own number only, so that one invalidation reaches every alias.
            entry = self._part_entry(tenant_id, entry[1:].decode())
        return unpacked(entry[1:]) if entry.startswith(_HERE) else None

    def stock(self, tenant_id: UUID, part_numbers: Sequence[str]) -> Answer:
        """The tenant's own items among these numbers, in the order asked, each once."""
        numbers = list(dict.fromkeys(filter(is_part_number, map(str.strip, part_numbers))))
        if not numbers:
            return answer(b"[]")
        load = partial(self._load_stock, tenant_id)
        entries = self._projection.read(tenant_id, Kind.STOCK, numbers, load)
        return answer(b"[%b]" % b",".join(entry[1:] for entry in entries if entry.startswith(_HERE)))

    def _part_entry(self, tenant_id: UUID, number: str) -> bytes:
        return self._projection.read(tenant_id, Kind.PART, [number], partial(self._load_parts, tenant_id))[0]

    def _load_parts(self, tenant_id: UUID, numbers: Sequence[str]) -> Mapping[str, bytes]:
        return {number: self._load_part(tenant_id, number) for number in numbers}

    def _load_part(self, tenant_id: UUID, number: str) -> bytes:
        found = self._store.part(tenant_id, number)
        if found is None:
            return _ABSENT
        if found.via_alias:
            return _ALIAS + found.page.part_number.encode()
        return _HERE + packed(answer(part_body(found.page)))

    def _load_stock(self, tenant_id: UUID, numbers: Sequence[str]) -> Mapping[str, bytes]:
        lines = {line.part_number: _HERE + stock_body(line) for line in self._store.stock(tenant_id, numbers)}
        return {number: lines.get(number, _ABSENT) for number in numbers}


def is_part_number(text: str) -> bool:
    """Whether a trimmed text can be a part number at all."""
    return 0 < len(text) <= PART_NUMBER_LENGTH_MAX and "\0" not in text
