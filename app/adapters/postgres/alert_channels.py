"""Alerts and channels in PostgreSQL as the portal reads and changes them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.alert_deliveries import DROP, replay
from app.adapters.postgres.alert_rows import ALERT_COLUMNS, CHANNEL_COLUMNS, alert_of, channel_of
from app.adapters.postgres.unit_of_work import UnitOfWork
from app.domain.alerts.alert import Alert, AlertKind
from app.domain.alerts.channel import Channel
from app.domain.alerts.delivery import Delivery, DeliveryKind, DeliveryState
from app.domain.alerts.ports import DeskTransaction
from app.domain.shop.ports import Vault

_ALERTS: Final = text(f"""
    SELECT {ALERT_COLUMNS} FROM alert a
    WHERE a.tenant_id = :tenant_id
      AND (CAST(:kind AS text) IS NULL OR a.kind = :kind)
      AND (CAST(:acknowledged AS boolean) IS NULL OR (a.acknowledged_at IS NOT NULL) = :acknowledged)
      AND (CAST(:supplier AS text) IS NULL OR a.details ->> 'supplierId' = :supplier)
      AND (CAST(:created_at AS timestamptz) IS NULL OR (a.created_at, a.id) < (:created_at, CAST(:id AS uuid)))
    ORDER BY a.created_at DESC, a.id DESC LIMIT :limit
""")
_ACKNOWLEDGE: Final = text(f"""
    UPDATE alert a
    SET acknowledged_at = COALESCE(a.acknowledged_at, clock_timestamp()),
        acknowledged_by = COALESCE(a.acknowledged_by, :by)
    WHERE a.tenant_id = :tenant_id AND a.id = :id RETURNING {ALERT_COLUMNS}
""")
_ACKNOWLEDGE_ALL: Final = text("""
    UPDATE alert SET acknowledged_at = clock_timestamp(), acknowledged_by = :by
    WHERE tenant_id = :tenant_id AND acknowledged_at IS NULL
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:until AS timestamptz) IS NULL OR created_at <= :until)
""")
_CHANNELS: Final = text(f"""
    SELECT {CHANNEL_COLUMNS} FROM alert_channel c
    WHERE c.tenant_id = :tenant_id
      AND (CAST(:created_at AS timestamptz) IS NULL OR (c.created_at, c.id) > (:created_at, CAST(:id AS uuid)))
    ORDER BY c.created_at, c.id LIMIT :limit
""")
_CHANNEL: Final = text(f"""
    SELECT {CHANNEL_COLUMNS} FROM alert_channel c WHERE c.tenant_id = :tenant_id AND c.id = :id FOR NO KEY UPDATE
""")
_KEPT: Final = tuple(
    one.name
    for one in fields(Channel)
    if one.name not in {"id", "tenant_id", "kind", "created_at", "reported_on"}
)
_ADD: Final = text(f"""
    INSERT INTO alert_channel AS c (tenant_id, kind, {", ".join(_KEPT)})
    VALUES (:tenant_id, :kind, {", ".join(f":{name}" for name in _KEPT)}) RETURNING {CHANNEL_COLUMNS}
""")
_CHANGE: Final = text(f"""
    UPDATE alert_channel c SET {", ".join(f"{name} = :{name}" for name in _KEPT)}
    WHERE c.tenant_id = :tenant_id AND c.id = :id RETURNING {CHANNEL_COLUMNS}
""")
_REMOVE: Final = text("DELETE FROM alert_channel WHERE tenant_id = :tenant_id AND id = :id")
_COUNT: Final = text("SELECT count(*) FROM alert_channel WHERE tenant_id = :tenant_id")
_DELIVERIES: Final = text("""
    SELECT id, kind, state, cardinality(alert_ids) AS alerts, tries, due_at, last_error, created_at, delivered_at
    FROM alert_delivery
    WHERE tenant_id = :tenant_id AND channel_id = :channel_id
      AND (CAST(:created_at AS timestamptz) IS NULL OR (created_at, id) < (:created_at, CAST(:id AS uuid)))
    ORDER BY created_at DESC, id DESC LIMIT :limit
""")
_SECRETS: Final = text(
    "SELECT id, secret, old_secret FROM alert_channel WHERE secret IS NOT NULL ORDER BY id FOR UPDATE"
)
_KEEP_SECRETS: Final = text(
    "UPDATE alert_channel SET secret = :secret, old_secret = :old_secret WHERE id = :id"
)


class PostgresAlertDesk:
    """Opens transactions."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    @contextmanager
    def tenant(self, tenant_id: UUID) -> Iterator[DeskTransaction]:
        """One transaction in the tenant's scope."""
        with self._unit_of_work.tenant(tenant_id) as connection:
            yield _Transaction(connection, tenant_id)

    def rotate(self, vault: Vault) -> int:
        rotated = 0
        with self._unit_of_work.platform() as connection:
            for row in connection.execute(_SECRETS).all():
                old = None if row.old_secret is None else vault.rotate(row.old_secret)
                kept = {"id": row.id, "secret": vault.rotate(row.secret), "old_secret": old}
                connection.execute(_KEEP_SECRETS, kept)
                rotated += 1 if old is None else 2
        return rotated


class _Transaction:
    def __init__(self, connection: Connection, tenant_id: UUID) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._mine = {"tenant_id": tenant_id}

    def alerts(
        self,
        limit: int,
        before: tuple[datetime, UUID] | None,
        *,
        kind: AlertKind | None,
        acknowledged: bool | None,
        supplier_id: UUID | None,
    ) -> Sequence[Alert]:
        asked = {
            "kind": kind,
            "acknowledged": acknowledged,
            "supplier": None if supplier_id is None else str(supplier_id),
            **_page(limit, before),
        }
        return [
            alert_of(row) for row in self._connection.execute(_ALERTS, {**self._mine, **asked}).mappings()
        ]

    def acknowledge(self, alert_id: UUID, by: str) -> Alert | None:
        given = {**self._mine, "id": alert_id, "by": by}
        row = self._connection.execute(_ACKNOWLEDGE, given).mappings().one_or_none()
        return None if row is None else alert_of(row)

    def acknowledge_all(self, by: str, *, kind: AlertKind | None, until: datetime | None) -> int:
        given = {**self._mine, "by": by, "kind": kind, "until": until}
        return self._connection.execute(_ACKNOWLEDGE_ALL, given).rowcount

    def channels(self, limit: int, after: tuple[datetime, UUID] | None) -> Sequence[Channel]:
        asked = {**self._mine, **_page(limit, after)}
        return [channel_of(row) for row in self._connection.execute(_CHANNELS, asked).mappings()]

    def channel(self, channel_id: UUID) -> Channel | None:
        row = self._connection.execute(_CHANNEL, {**self._mine, "id": channel_id}).mappings().one_or_none()
        return None if row is None else channel_of(row)

    def add(self, channel: Channel) -> Channel:
        return channel_of(self._connection.execute(_ADD, self._given(channel)).mappings().one())

    def change(self, channel: Channel) -> Channel:
        changed = (
            self._connection.execute(_CHANGE, {**self._given(channel), "id": channel.id}).mappings().one()
        )
        if not channel.active:
            self._connection.execute(DROP, {**self._mine, "channel_id": channel.id, "reason": None})
        return channel_of(changed)

    def _given(self, channel: Channel) -> dict[str, Any]:
        given = {name: getattr(channel, name) for name in _KEPT}
        kinds = {name: [kind.value for kind in given[name]] for name in ("alerts", "urgent")}
        return {**self._mine, "kind": channel.kind, **given, **kinds}

    def remove(self, channel_id: UUID) -> bool:
        return self._connection.execute(_REMOVE, {**self._mine, "id": channel_id}).rowcount == 1

    def deliveries(
        self, channel_id: UUID, limit: int, before: tuple[datetime, UUID] | None
    ) -> Sequence[Delivery]:
        asked = {**self._mine, "channel_id": channel_id, **_page(limit, before)}
        return [_delivery_of(row) for row in self._connection.execute(_DELIVERIES, asked).mappings()]

    def replay(self, channel_id: UUID, delivery_id: UUID) -> bool:
        return replay(self._connection, self._tenant_id, delivery_id, channel_id)

    def count(self) -> int:
        counted: int = self._connection.execute(_COUNT, self._mine).scalar_one()
        return counted


def _page(limit: int, place: tuple[datetime, UUID] | None) -> dict[str, Any]:
    created_at, row_id = place or (None, None)
    return {"limit": limit, "created_at": created_at, "id": row_id}


def _delivery_of(row: Any) -> Delivery:
    return Delivery(**{**row, "kind": DeliveryKind(row["kind"]), "state": DeliveryState(row["state"])})
