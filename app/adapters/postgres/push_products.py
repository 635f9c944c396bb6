"""What a tenant sells, as products to push: an item with all members of its group and its mapping, in one statement."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, text

from app.domain.push.assemble import Item, assembled, product_key
from app.domain.push.product import Mapped, WantedProduct

_MAPPING: Final = """
    item_id, product_key, product_id, variant_id, inventory_item_id, image_id, image_url, sending_key,
    sending_url
"""

# A central group has the members that the tenant activated, an own one all. Who is alone is its own member.
_MEMBERS: Final = text("""
    WITH asked AS (
        SELECT s.id, c.part_id, gm.group_id AS central, om.group_id AS own
        FROM stock_item s
        LEFT JOIN tenant_catalog_item c ON c.item_id = s.id
        LEFT JOIN part_variant_group_member gm ON gm.part_id = c.part_id
        LEFT JOIN tenant_part_variant_group_member om ON om.item_id = s.id
        WHERE s.tenant_id = :tenant_id AND s.id = ANY(CAST(:items AS bigint[]))),
    members AS (
        SELECT id FROM asked
        UNION
        SELECT c.item_id FROM asked a
        JOIN part_variant_group_member m ON m.group_id = a.central
        JOIN tenant_catalog_item c ON c.part_id = m.part_id AND c.tenant_id = :tenant_id
        UNION
        SELECT m.item_id FROM asked a JOIN tenant_part_variant_group_member m ON m.group_id = a.own)
    SELECT s.id AS item_id, s.source, s.part_number, coalesce(p.name, o.name) AS name,
           coalesce(p.description, o.description) AS description, coalesce(p.brand, o.brand) AS brand,
           coalesce(p.category, o.category) AS category, coalesce(p.ean, o.ean) AS ean,
           coalesce(p.weight_kg, o.weight_kg) AS weight_kg, coalesce(p.hs_code, o.hs_code) AS hs_code,
           coalesce(p.country_of_origin, o.country_of_origin) AS country_of_origin,
           coalesce(p.image_url, o.image_url) AS image_url,
           coalesce(c.seo_title, o.seo_title) AS seo_title,
           coalesce(c.seo_description, o.seo_description) AS seo_description, coalesce(c.tags, o.tags) AS tags,
           s.price, s.compare_at_price, s.cost_price, s.stock,
           coalesce(g.code, og.code) AS group_code, coalesce(g.name, og.name) AS group_name,
           coalesce(g.option1_name, og.option1_name) AS option_name,
           coalesce(gm.option1_value, om.option1_value) AS option_value, coalesce(gm.position, om.position) AS position,
           m.product_key, m.product_id, m.variant_id, m.inventory_item_id, m.image_id, m.image_url AS pushed_image_url,
           m.sending_key, m.sending_url
    FROM members JOIN stock_item s ON s.id = members.id
    LEFT JOIN tenant_catalog_item c ON c.item_id = s.id
    LEFT JOIN part p ON p.id = c.part_id
    LEFT JOIN tenant_part o ON o.item_id = s.id
    LEFT JOIN part_variant_group_member gm ON gm.part_id = c.part_id
    LEFT JOIN part_variant_group g ON g.id = gm.group_id
    LEFT JOIN tenant_part_variant_group_member om ON om.item_id = s.id
    LEFT JOIN tenant_part_variant_group og ON og.id = om.group_id
    LEFT JOIN shopify_product_mapping m ON m.item_id = s.id
""")
_GONE: Final = text(f"""
    SELECT {_MAPPING} FROM shopify_product_mapping
    WHERE tenant_id = :tenant_id AND product_key = ANY(CAST(:keys AS uuid[]))
      AND item_id <> ALL(CAST(:items AS bigint[]))
""")
_ITEMS: Final = text("""
    SELECT DISTINCT ON (part_number) part_number, id FROM stock_item
    WHERE tenant_id = :tenant_id AND part_number = ANY(CAST(:part_numbers AS text[]))
    ORDER BY part_number, source
""")


def of_items(connection: Connection, tenant_id: UUID, items: Sequence[int]) -> list[WantedProduct]:
    """The products that these items go into, each once."""
    rows = connection.execute(_MEMBERS, {"tenant_id": tenant_id, "items": list(items)}).mappings()
    members = [_item(row) for row in rows]
    keys = {product_key(tenant_id, one) for one in members}
    gone = connection.execute(
        _GONE, {"tenant_id": tenant_id, "keys": list(keys), "items": [one.item_id for one in members]}
    ).mappings()
    return assembled(tenant_id, members, [Mapped(**row) for row in gone])


def _item(row: Mapping[Any, Any]) -> Item:
    values = dict(row)
    ids = {
        name: values.pop(name) for name in ("product_key", "product_id", "variant_id", "inventory_item_id")
    }
    pictures = {"image_id": values.pop("image_id"), "image_url": values.pop("pushed_image_url")}
    sending = {name: values.pop(name) for name in ("sending_key", "sending_url")}
    return Item(**values, mapping=Mapped(item_id=values["item_id"], **ids, **pictures, **sending))


def by_part_number(
    connection: Connection, tenant_id: UUID, part_numbers: Sequence[str]
) -> dict[str, WantedProduct]:
    """The product of each part number that the tenant sells."""
    found = connection.execute(_ITEMS, {"tenant_id": tenant_id, "part_numbers": list(part_numbers)})
    items: dict[str, int] = {row.part_number: row.id for row in found}
    products = {
        variant.item_id: product
        for product in of_items(connection, tenant_id, list(items.values()))
        for variant in product.variants
    }
    return {part_number: products[item_id] for part_number, item_id in items.items()}
