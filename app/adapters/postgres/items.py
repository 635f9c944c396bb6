"""What a tenant sells, read page by page: the two catalogs differ in the tables that say what an item is.

A page is found first, by as few tables as the filter and the order need, and told in full after that.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from app.adapters.postgres.unit_of_work import AS_ASKED, UnitOfWork
from app.domain.catalog.items import Choices, Item, ItemFilter, Line, Member, Order, Sort, Source

CHOICES_MAX: Final = 500
WORD_LENGTH_MIN: Final = 3
"""Of the trigrams that the index of words knows."""


class _Layer(NamedTuple):
    """One catalog's tables. `described`: joins what an item is as p; `grouped`: its group and place there."""

    described: str
    sold_as: str
    grouped: str
    in_group: str
    groups: str


_LAYERS: Final = {
    Source.CATALOG: _Layer(
        described="JOIN tenant_catalog_item c ON c.item_id = s.id JOIN part p ON p.id = c.part_id",
        sold_as="c",
        grouped="LEFT JOIN part_variant_group_member m ON m.part_id = p.id"
        " LEFT JOIN part_variant_group g ON g.id = m.group_id",
        in_group="s.id IN (SELECT i.item_id FROM part_variant_group o JOIN part_variant_group_member n"
        " ON n.group_id = o.id JOIN tenant_catalog_item i ON i.part_id = n.part_id"
        " WHERE o.code = :group AND i.tenant_id = :tenant_id)",
        groups="SELECT DISTINCT g.code FROM part_variant_group g JOIN part_variant_group_member m ON m.group_id = g.id"
        " JOIN tenant_catalog_item c ON c.part_id = m.part_id WHERE c.tenant_id = :tenant_id",
    ),
    Source.OWN: _Layer(
        described="JOIN tenant_part p ON p.item_id = s.id",
        sold_as="p",
        grouped="LEFT JOIN tenant_part_variant_group_member m ON m.item_id = s.id"
        " LEFT JOIN tenant_part_variant_group g ON g.id = m.group_id",
        in_group="s.id IN (SELECT n.item_id FROM tenant_part_variant_group o JOIN tenant_part_variant_group_member n"
        " ON n.group_id = o.id WHERE o.code = :group AND o.tenant_id = :tenant_id)",
        groups="SELECT g.code FROM tenant_part_variant_group g WHERE g.tenant_id = :tenant_id",
    ),
}
SEARCHED: Final = "(p.part_number || ' ' || p.name || ' ' || coalesce(p.brand, ''))"
_OWN_SEARCHED: Final = "(s.part_number || ' ' || p.name || ' ' || coalesce(p.brand, ''))"
_UPDATED: Final = "coalesce(greatest(s.stock_as_of, s.price_as_of), 'epoch')"
_KEYS: Final = {
    Sort.PART_NUMBER: "s.part_number",
    Sort.NAME: "lower(p.name)",
    Sort.STOCK: "s.stock",
    Sort.PRICE: "coalesce(s.price, -1)",
    Sort.UPDATED: _UPDATED,
}
_TYPES: Final = {
    Sort.PART_NUMBER: "text",
    Sort.NAME: "text",
    Sort.STOCK: "integer",
    Sort.PRICE: "numeric",
    Sort.UPDATED: "timestamptz",
}
_LEVELS: Final = {
    "out": "s.stock = 0",
    "low": "s.stock > 0 AND s.stock < :low_below",
    "in-stock": "s.stock > 0 AND s.stock >= :low_below",
}
_IN_SHOP: Final = (
    "EXISTS (SELECT FROM shopify_product_mapping x WHERE x.item_id = s.id AND x.product_id IS NOT NULL)"
)
_LINE: Final = """
    s.source, s.part_number, p.name, p.brand, p.category, s.stock, s.price, s.compare_at_price, s.cost_price,
    greatest(s.stock_as_of, s.price_as_of) AS updated_at, g.code AS group_code, g.name AS group_name,
    g.option1_name AS option_name, m.option1_value AS option_value, x.product_id IS NOT NULL AS in_shop,
    x.last_pushed_at AS pushed_at
"""
_CONTENT: Final = {
    "name": "p.name",
    "description": "p.description",
    "brand": "p.brand",
    "category": "p.category",
    "oemPartNumber": "p.oem_part_number",
    "ean": "p.ean",
    "weightKg": "p.weight_kg",
    "hsCode": "p.hs_code",
    "countryOfOrigin": "p.country_of_origin",
    "imageUrl": "p.image_url",
    "manualUrl": "p.manual_url",
}
_STOREFRONT: Final = {"seoTitle": "seo_title", "seoDescription": "seo_description", "tags": "tags"}
_SHOP: Final = {
    "productId": "product_id",
    "variantId": "variant_id",
    "inventoryItemId": "inventory_item_id",
    "lastPushHash": "last_push_hash",
    "lastPushedAt": "last_pushed_at",
}
_ALIASES: Final = text("SELECT alias FROM tenant_sku_alias WHERE item_id = :id ORDER BY alias")


class PostgresItems:
    """See the port for every verb."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        self._unit_of_work = unit_of_work

    def page(
        self, tenant_id: UUID, wanted: ItemFilter, order: Order, limit: int, *, low_below: int
    ) -> Sequence[Line]:
        layer, key, number = _LAYERS[wanted.source], _KEYS[order.sort], _number(wanted, order)
        found, given = _found(wanted, described=order.sort is Sort.NAME)
        if order.place is not None:
            given |= {"key": order.place[0], "part_number": order.place[1]}
        way = "DESC" if order.descending != order.backwards else "ASC"
        back = "DESC" if order.descending else "ASC"
        statement = f"""
            WITH found AS {_at_once(wanted)} (
                SELECT s.id, {key} AS key, {number} AS number {found}{_beyond(order, number)})
            SELECT {_LINE} FROM (SELECT * FROM found ORDER BY key {way}, number {way} LIMIT :limit) page
            JOIN stock_item s ON s.id = page.id {layer.described} {layer.grouped}
            LEFT JOIN shopify_product_mapping x ON x.item_id = s.id
            ORDER BY page.key {back}, s.part_number {back}
        """
        whose = {"tenant_id": tenant_id, "low_below": low_below, "limit": limit}
        with self._unit_of_work.tenant(tenant_id, AS_ASKED) as database:
            return [_line(row) for row in database.execute(text(statement), given | whose).mappings()]

    def count(self, tenant_id: UUID, wanted: ItemFilter, *, low_below: int) -> int:
        found, given = _found(wanted)
        given |= {"tenant_id": tenant_id, "low_below": low_below}
        with self._unit_of_work.tenant(tenant_id, AS_ASKED) as database:
            return int(database.execute(text(f"SELECT count(*) {found}"), given).scalar_one())

    def part_numbers(
        self, tenant_id: UUID, wanted: ItemFilter, limit: int, *, low_below: int
    ) -> Sequence[str]:
        found, given = _found(wanted)
        given |= {"tenant_id": tenant_id, "low_below": low_below, "limit": limit}
        statement = text(f"SELECT s.part_number {found} ORDER BY s.part_number LIMIT :limit")
        with self._unit_of_work.tenant(tenant_id, AS_ASKED) as database:
            return database.execute(statement, given).scalars().all()

    def choices(self, tenant_id: UUID, source: Source) -> Choices:
        layer, whose = _LAYERS[source], {"tenant_id": tenant_id, "source": source, "most": CHOICES_MAX}
        with self._unit_of_work.tenant(tenant_id, AS_ASKED) as database:
            brands, categories = (
                database.execute(text(_frequent(layer, column)), whose).scalars().all()
                for column in ("brand", "category")
            )
            groups = text(f"{layer.groups} ORDER BY 1 LIMIT :most")
            return Choices(brands, categories, database.execute(groups, whose).scalars().all())

    def find(self, tenant_id: UUID, source: Source, part_number: str) -> Item | None:
        layer = _LAYERS[source]
        whose = {"tenant_id": tenant_id, "source": source, "part_number": part_number}
        with self._unit_of_work.tenant(tenant_id) as database:
            row = database.execute(text(_one(layer)), whose).mappings().one_or_none()
            if row is None:
                return None
            aliases = database.execute(_ALIASES, {"id": row["id"]}).scalars().all()
            return _item(row, aliases, _members(database, tenant_id, layer, row))


def _found(wanted: ItemFilter, *, described: bool = False) -> tuple[str, dict[str, Any]]:
    """FROM and WHERE of the items that are wanted, with as few tables as it takes, and their parameters."""
    layer = _LAYERS[wanted.source]
    content, given = _by_content(wanted)
    given |= {"source": wanted.source}
    tests = ["s.tenant_id = :tenant_id", "s.source = :source", *content]
    if wanted.level is not None:
        tests.append(_LEVELS[wanted.level])
    if wanted.priced is not None:
        tests.append(f"s.price IS {'NOT ' if wanted.priced else ''}NULL")
    if wanted.in_shop is not None:
        tests.append(_IN_SHOP if wanted.in_shop else f"NOT {_IN_SHOP}")
    if wanted.group is not None:
        tests.append(layer.in_group)
        given["group"] = wanted.group
    joined = f" {layer.described}" if content or described else ""
    return f"FROM stock_item s{joined} WHERE {' AND '.join(tests)}", given


def _by_content(wanted: ItemFilter) -> tuple[list[str], dict[str, Any]]:
    """The tests of what the parts say of themselves."""
    searched = SEARCHED if wanted.source is Source.CATALOG else _OWN_SEARCHED
    given: dict[str, Any] = {
        f"word_{number}": f"%{_escaped(word)}%" for number, word in enumerate(wanted.words)
    }
    tests = [f"{searched} ILIKE :{name}" for name in given]
    for column, value in (("brand", wanted.brand), ("category", wanted.category)):
        if value is not None:
            tests.append(f"lower(p.{column}) = lower(:{column})")
            given[column] = value
    return tests, given


def _at_once(wanted: ItemFilter) -> str:
    """How to find: in the list's order until a page is full, or all before they are put in order.

    The latter where no index knows the words, which are too short for it: most parts are looked at either way.
    """
    short = wanted.source is Source.CATALOG and wanted.words and max(map(len, wanted.words)) < WORD_LENGTH_MIN
    return "MATERIALIZED" if short else "NOT MATERIALIZED"


def _number(wanted: ItemFilter, order: Order) -> str:
    """The part number that decides between equals: by name the catalog's own, where one index has both."""
    named = wanted.source is Source.CATALOG and order.sort is Sort.NAME
    return "p.part_number" if named else "s.part_number"


def _beyond(order: Order, number: str) -> str:
    """Only what comes after the place, or before it for a page backwards."""
    if order.place is None:
        return ""
    sign = "<" if order.descending != order.backwards else ">"
    return f" AND ({_KEYS[order.sort]}, {number}) {sign} (CAST(:key AS {_TYPES[order.sort]}), :part_number)"


def _frequent(layer: _Layer, column: str) -> str:
    return f"""
        SELECT p.{column} FROM stock_item s {layer.described}
        WHERE s.tenant_id = :tenant_id AND s.source = :source AND p.{column} IS NOT NULL
        GROUP BY p.{column} ORDER BY count(*) DESC, p.{column} LIMIT :most
    """


def _one(layer: _Layer) -> str:
    told = {**_CONTENT, **{name: f"{layer.sold_as}.{column}" for name, column in _STOREFRONT.items()}}
    content = ", ".join(f'{column} AS "content_{name}"' for name, column in told.items())
    shop = ", ".join(f'x.{column} AS "shop_{name}"' for name, column in _SHOP.items())
    return f"""
        SELECT s.id, g.id AS group_id, s.stock_as_of, s.price_as_of, x.item_id AS shop, {_LINE}, {content}, {shop}
        FROM stock_item s {layer.described} {layer.grouped}
        LEFT JOIN shopify_product_mapping x ON x.item_id = s.id
        WHERE s.tenant_id = :tenant_id AND s.source = :source AND s.part_number = :part_number
    """


def _members(
    database: Connection, tenant_id: UUID, layer: _Layer, row: Mapping[Any, Any]
) -> Sequence[Member]:
    """Those of the item's group that the tenant sells."""
    if row["group_id"] is None:
        return ()
    statement = f"""
        SELECT s.part_number, p.name, m.option1_value AS option_value, m.position, s.stock
        FROM stock_item s {layer.described} {layer.grouped}
        WHERE s.tenant_id = :tenant_id AND s.source = :source AND g.id = :group_id
        ORDER BY m.position, s.part_number LIMIT :most
    """
    whose = {
        "tenant_id": tenant_id,
        "source": row["source"],
        "group_id": row["group_id"],
        "most": CHOICES_MAX,
    }
    return [Member(**one) for one in database.execute(text(statement), whose).mappings()]


def _item(row: Mapping[Any, Any], aliases: Sequence[str], members: Sequence[Member]) -> Item:
    names = (*_CONTENT, *_STOREFRONT)
    return Item(
        line=_line({name: row[name] for name in Line.__dataclass_fields__}),
        content={name: row[f"content_{name}"] for name in names},
        stock_as_of=row["stock_as_of"],
        price_as_of=row["price_as_of"],
        shop=None if row["shop"] is None else {name: row[f"shop_{name}"] for name in _SHOP},
        aliases=aliases,
        members=members,
    )


def _line(row: Mapping[Any, Any]) -> Line:
    return Line(**{**row, "source": Source(row["source"])})


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
