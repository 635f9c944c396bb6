"""Variant groups of a batch: the central ones and a tenant's differ in their tables only."""

from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.catalog_incoming import given, merged


class _Layer(NamedTuple):
    """One layer's tables; `owner` are the columns that say whose row it is, `mine` their test on g."""

    groups: str
    members: str
    key: str
    owner: str = ""
    owner_value: str = ""
    mine: str = ""


CENTRAL: Final = _Layer("part_variant_group", "part_variant_group_member", "part_id")
TENANT: Final = _Layer(
    "tenant_part_variant_group",
    "tenant_part_variant_group_member",
    "item_id",
    owner=", tenant_id",
    owner_value=", :tenant",
    mine=" AND g.tenant_id = :tenant",
)


def merge_groups(connection: Connection, layer: _Layer, tenant_id: UUID | None = None) -> set[int]:
    """Put the batch's items into, between and out of groups; the lines that changed anything.

    A group is described by all its lines together: a filled cell stands over an empty one.
    """
    parameters = {"tenant": tenant_id} if layer.owner else {}
    groups = connection.execute(text(_merge_groups(layer)), parameters)
    renamed = [code for action, code in groups if action == "UPDATE"]
    connection.execute(text(_link(layer)), parameters)
    changed = set(connection.execute(text(_leave(layer)), parameters).scalars())
    changed.update(connection.execute(text(_merge_members(layer)), parameters).scalars())
    if renamed:
        lines = text("SELECT line FROM incoming WHERE variant_group = ANY(:codes)")
        changed.update(connection.execute(lines, {"codes": renamed}).scalars())
    return changed


def _merge_groups(layer: _Layer) -> str:
    """Columns that no line gives are left; of those given, the last filled one counts, else they clear."""
    return f"""
        MERGE INTO {layer.groups} g USING (
            SELECT i.variant_group AS code, {_of_group("variant_group_name")} AS name,
                   bool_or({given("variant_group_name")}) AS names,
                   {_of_group("option1_name")} AS option1_name, bool_or({given("option1_name")}) AS options
            FROM incoming i WHERE i.variant_group IS NOT NULL GROUP BY i.variant_group
        ) i ON g.code = i.code{layer.mine}
        WHEN MATCHED AND (i.names AND g.name IS DISTINCT FROM i.name
                       OR i.options AND g.option1_name IS DISTINCT FROM i.option1_name)
        THEN UPDATE SET name = CASE WHEN i.names THEN i.name ELSE g.name END,
            option1_name = CASE WHEN i.options THEN i.option1_name ELSE g.option1_name END
        WHEN NOT MATCHED THEN INSERT (code, name, option1_name{layer.owner})
            VALUES (i.code, i.name, i.option1_name{layer.owner_value})
        RETURNING merge_action(), g.code
    """


def _link(layer: _Layer) -> str:
    return f"""
        UPDATE incoming i SET group_id = g.id FROM {layer.groups} g
        WHERE g.code = i.variant_group{layer.mine}
    """


def _of_group(column: str) -> str:
    return f"(array_agg(i.{column} ORDER BY i.line DESC) FILTER (WHERE i.{column} IS NOT NULL))[1]"


def _leave(layer: _Layer) -> str:
    return f"""
        DELETE FROM {layer.members} m USING incoming i
        WHERE m.{layer.key} = i.item_id AND {given("variant_group")} AND i.variant_group IS NULL
        RETURNING i.line
    """


def _merge_members(layer: _Layer) -> str:
    option, position = merged("m", "option1_value"), merged("m", "position")
    return f"""
        MERGE INTO {layer.members} m USING (SELECT * FROM incoming WHERE group_id IS NOT NULL) i
        ON m.{layer.key} = i.item_id
        WHEN MATCHED AND ROW(m.group_id, m.option1_value, m.position)
            IS DISTINCT FROM ROW(i.group_id, {option}, {position})
        THEN UPDATE SET group_id = i.group_id, option1_value = {option}, position = {position}
        WHEN NOT MATCHED THEN INSERT ({layer.key}, group_id, option1_value, position{layer.owner})
            VALUES (i.item_id, i.group_id, i.option1_value, coalesce(i.position, 0){layer.owner_value})
        RETURNING i.line
    """
