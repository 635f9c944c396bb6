"""Grants to distributors in PostgreSQL, each transaction in the reseller's own scope."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.pushes import PostgresPushTransaction
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.push.grant_ports import GrantTransaction
from app.domain.push.grants import Distributor, GrantChange, Standing, requester
from app.domain.push.push import Push

_DISTRIBUTORS: Final = text("SELECT push_distributors(:named)")
_STANDINGS: Final = text("""
    SELECT c.distributor_id, coalesce(g.brands, '{}'), g.since, c.changed_at, c.changed_by
    FROM (SELECT DISTINCT ON (distributor_id) distributor_id, changed_at, changed_by FROM push_grant_change
          WHERE tenant_id = :tenant_id ORDER BY distributor_id, id DESC) c
    LEFT JOIN (SELECT distributor_id, array_agg(brand ORDER BY brand_key) AS brands, min(granted_at) AS since
               FROM push_grant WHERE tenant_id = :tenant_id GROUP BY distributor_id) g USING (distributor_id)
""")
_TAKE_TURNS: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('push grant ' || :pair, 0))")
# What is taken back is waited for if a batch holds it just then: its push is committed before, and seen by what stops.
_REPLACE: Final = text("""
    WITH wanted AS (
        SELECT DISTINCT ON (brand_key(u.brand)) brand_key(u.brand) AS brand_key, u.brand
        FROM unnest(CAST(:brands AS text[])) WITH ORDINALITY AS u(brand, n) ORDER BY brand_key(u.brand), u.n),
    gone AS (
        DELETE FROM push_grant g
        WHERE g.tenant_id = :tenant_id AND g.distributor_id = :distributor_id
          AND g.brand_key NOT IN (SELECT brand_key FROM wanted)
        RETURNING brand),
    made AS (
        INSERT INTO push_grant (tenant_id, distributor_id, brand_key, brand, granted_at, granted_by)
        SELECT :tenant_id, :distributor_id, brand_key, brand, clock_timestamp(), :changed_by FROM wanted
        ON CONFLICT DO NOTHING RETURNING brand)
    INSERT INTO push_grant_change (tenant_id, distributor_id, brand, granted, changed_at, changed_by)
    SELECT :tenant_id, :distributor_id, brand, granted, clock_timestamp(), :changed_by
    FROM (SELECT brand, false AS granted FROM gone UNION ALL SELECT brand, true FROM made) c
    ORDER BY granted, brand
""")
_UNGRANTED: Final = text("""
    SELECT p.id FROM push p
    WHERE p.tenant_id = :tenant_id AND p.requested_by = :requested_by
      AND p.status IN ('queued', 'running', 'paused') AND EXISTS (
        SELECT FROM push_item i JOIN stock_item s ON s.id = i.item_id
        LEFT JOIN tenant_catalog_item c ON c.item_id = i.item_id
        LEFT JOIN part ON part.id = c.part_id
        LEFT JOIN tenant_part o ON o.item_id = i.item_id
        WHERE i.push_id = p.id AND i.outcome = 'pending'
          AND NOT EXISTS (SELECT FROM push_grant g
                          WHERE g.tenant_id = :tenant_id AND g.distributor_id = :distributor_id
                            AND g.brand_key = brand_key(coalesce(part.brand, o.brand, ''))))
""")
_CHANGES: Final = text("""
    SELECT id, distributor_id, brand, granted, changed_at, changed_by FROM push_grant_change
    WHERE tenant_id = :tenant_id AND id < coalesce(:before_id, 9223372036854775807)
      AND (CAST(:distributor_id AS uuid) IS NULL OR distributor_id = :distributor_id)
    ORDER BY id DESC LIMIT :limit
""")


class PostgresGrants:
    """Opens transactions."""

    def __init__(self, uow: UnitOfWork, *, lease_s: float) -> None:
        self._uow = uow
        self._lease_s = lease_s

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[GrantTransaction]:
        """In the reseller's scope; distributors' names come by a function of the database's own."""
        with self._uow.tenant(tenant_id) as connection:
            pushes = PostgresPushTransaction(connection, tenant_id, self._lease_s)
            yield _Transaction(connection, tenant_id, pushes)


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID, pushes: PostgresPushTransaction) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._pushes = pushes

    def distributors(self, named: UUID | None = None) -> Sequence[Distributor]:
        found = self._connection.execute(_DISTRIBUTORS, {"named": named})
        return [Distributor(UUID(one["id"]), one["name"], one["eligible"]) for one in found.scalar_one()]

    def standings(self) -> dict[UUID, Standing]:
        rows = self._connection.execute(_STANDINGS, {"tenant_id": self._tenant_id})
        return {row[0]: Standing(tuple(row[1]), *row[2:]) for row in rows}

    def replace(self, distributor_id: UUID, brands: Sequence[str], changed_by: str) -> None:
        pair = {"tenant_id": self._tenant_id, "distributor_id": distributor_id}
        self._connection.execute(_TAKE_TURNS, {"pair": f"{self._tenant_id} {distributor_id}"})
        self._connection.execute(_REPLACE, {**pair, "brands": list(brands), "changed_by": changed_by})

    def stop(self, distributor_id: UUID) -> Sequence[Push]:
        whose = {"tenant_id": self._tenant_id, "distributor_id": distributor_id}
        unfinished = {**whose, "requested_by": requester(distributor_id)}
        found = self._connection.execute(_UNGRANTED, unfinished).scalars().all()
        return [self._pushes.push(push_id) for push_id in found if self._pushes.cancel(push_id)]

    def changes(
        self, distributor_id: UUID | None, limit: int, before_id: int | None
    ) -> Sequence[GrantChange]:
        rows = self._connection.execute(
            _CHANGES,
            {
                "tenant_id": self._tenant_id,
                "distributor_id": distributor_id,
                "limit": limit,
                "before_id": before_id,
            },
        )
        return [GrantChange(*row) for row in rows]
