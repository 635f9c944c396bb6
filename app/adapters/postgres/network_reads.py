"""The network's truth: a tenant's dealers, and what it may be shown of a part's stock, in a statement each."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, LiteralString
from uuid import UUID

import msgspec

from app.adapters.postgres import driver
from app.adapters.postgres.postal_codes import places
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.network.cards import DealerCard
from app.domain.network.ports import SharedStock
from app.domain.network.postal import Place

_VERSION: Final[LiteralString] = (
    "SELECT coalesce((SELECT version FROM network_version WHERE tenant_id = %s), 0) AS version"
)

# The version comes along with every dealer, and alone when there is none.
_DEALERS: Final[LiteralString] = f"""
    SELECT v.version, d.id, d.name, d.address, d.city, d.postal_code, d.country, d.phone, d.website, d.lat, d.lng,
           d.timezone, coalesce(d.opening_hours::text, '')
    FROM ({_VERSION}) AS v LEFT JOIN dealer d ON d.tenant_id = %s AND d.active
    ORDER BY d.country, d.name_key, d.id
"""

# The number itself if the tenant has an item of it, else where its alias leads, else the number as it was asked.
_SHARED: Final[LiteralString] = f"""
    SELECT v.version, found.number, CASE WHEN found.number = %s THEN network_stock(%s) ELSE '' END
    FROM ({_VERSION}) AS v, (SELECT coalesce(
        (SELECT part_number FROM stock_item WHERE tenant_id = %s AND part_number = %s LIMIT 1),
        (SELECT i.part_number FROM tenant_sku_alias a JOIN stock_item i ON i.id = a.item_id
         WHERE a.tenant_id = %s AND a.alias = %s),
        %s) AS number) AS found
"""


class PostgresNetworkStore:
    """Reads in the tenant's own scope; each call is one short transaction."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    def directory(self, tenant_id: UUID) -> tuple[int, Sequence[DealerCard]]:
        """See the port. Version and dealers come from one statement, and so from one moment."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            rows = driver.rows(connection, _DEALERS, (tenant_id, tenant_id))
            homeless = {(row[6], row[5]) for row in rows if row[9] is None and row[5]}
            found = places(connection, homeless) if homeless else {}
        return rows[0][0], [_card(row, found) for row in rows if row[1] is not None]

    def shared_stock(self, tenant_id: UUID, part_number: str) -> SharedStock:
        """See the port. What may not be shown does not leave `network_stock`, a function of the database."""
        asked = (part_number, part_number)
        resolved = (tenant_id, part_number, tenant_id, part_number, part_number)
        with self._unit_of_work.tenant(tenant_id) as connection:
            rows = driver.rows(connection, _SHARED, (*asked, tenant_id, *resolved))
        return SharedStock(*rows[0])

    def network_readers(self, tenant_id: UUID) -> Sequence[UUID]:
        """Who may be shown this tenant's stock: one round trip, since it follows every chunk of a feed."""
        readers: list[UUID] = self._unit_of_work.ask("SELECT network_readers(%s)", (tenant_id,))
        return readers


def _card(row: Sequence[Any], found: Mapping[tuple[str, str], Place]) -> DealerCard:
    _, dealer_id, name, address, city, postal_code, country, phone, website, lat, lng, timezone, hours = row
    approximate = False
    if lat is None and (place := found.get((country, postal_code))):
        lat, lng, approximate = place.lat, place.lng, place.approximate
    shown = {
        "name": name,
        "address": address,
        "city": city,
        "postalCode": postal_code,
        "country": country,
        "phone": phone,
        "website": website,
        "lat": lat,
        "lng": lng,
    }
    return DealerCard(dealer_id.bytes, msgspec.json.encode(shown), lat, lng, approximate, timezone, hours)
