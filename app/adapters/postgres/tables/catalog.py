"""The central catalog, which none of the tenants may write, and what each of them sells."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    literal_column,
    text,
)

from app.adapters.postgres.tables.columns import MONEY, TIME, bigint_key, metadata, number, tenant_id


def _product_content() -> list[Column[Any]]:
    """What a part says about itself, in the central catalog and in a tenant's own parts alike."""
    return [
        Column("name", Text, nullable=False),
        Column("description", Text),
        Column("brand", Text),
        Column("category", Text),
        Column("oem_part_number", Text),
        Column("ean", Text),
        Column("weight_kg", Numeric(10, 4)),
        Column("hs_code", Text),
        Column("country_of_origin", Text),
        Column("image_url", Text),
        Column("manual_url", Text),
    ]


def _storefront_content() -> list[Column[Any]]:
    return [
        Column("seo_title", Text),
        Column("seo_description", Text),
        Column("tags", ARRAY(Text)),
    ]


# As PostgreSQL tells it.
_WORDS = "((((part_number || ' '::text) || name) || ' '::text) || COALESCE(brand, ''::text))"

part = Table(
    "part",
    metadata,
    bigint_key(),
    Column("part_number", Text, nullable=False, unique=True),
    *_product_content(),
    Index("part_name_idx", text("lower(name)"), "part_number"),
    Index("part_brand_category_idx", text("lower(brand)"), text("lower(category)")),
    Index(
        "part_words_idx",
        literal_column(_WORDS, Text).label("words"),
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    ),
)

part_variant_group = Table(
    "part_variant_group",
    metadata,
    bigint_key(),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text),
    Column("option1_name", Text),
)

part_variant_group_member = Table(
    "part_variant_group_member",
    metadata,
    Column("part_id", BigInteger, ForeignKey("part.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", BigInteger, ForeignKey("part_variant_group.id", ondelete="CASCADE"), nullable=False),
    Column("option1_value", Text),
    number("position"),
    Index(None, "group_id"),
)

stock_item = Table(
    "stock_item",
    metadata,
    bigint_key(),
    tenant_id(),
    Column("source", Text, CheckConstraint("source IN ('catalog','own')", name="source"), nullable=False),
    Column("part_number", Text, nullable=False),
    Column("stock", Integer, CheckConstraint("stock >= 0", name="stock"), nullable=False, server_default="0"),
    Column("stock_as_of", TIME),
    number("stock_seq", 0, BigInteger),
    Column("price", MONEY),
    Column("compare_at_price", MONEY),
    Column("cost_price", MONEY),
    Column("price_as_of", TIME),
    number("price_seq", 0, BigInteger),
    UniqueConstraint("tenant_id", "part_number", "source"),
    Index(None, "part_number", "tenant_id"),
    comment="What a tenant sells under one part number: the columns that feeds write, kept narrow.",
    postgresql_with={"fillfactor": "80"},
)

tenant_catalog_item = Table(
    "tenant_catalog_item",
    metadata,
    Column("item_id", BigInteger, ForeignKey("stock_item.id", ondelete="CASCADE"), primary_key=True),
    tenant_id(),
    Column("part_id", BigInteger, ForeignKey("part.id"), nullable=False),
    *_storefront_content(),
    UniqueConstraint("tenant_id", "part_id"),
    Index(None, "part_id"),
    comment="A central part that the tenant activated; shares its id with its stock_item.",
)

tenant_part = Table(
    "tenant_part",
    metadata,
    Column("item_id", BigInteger, ForeignKey("stock_item.id", ondelete="CASCADE"), primary_key=True),
    tenant_id(),
    *_product_content(),
    *_storefront_content(),
    Index(None, "tenant_id"),
    Index("tenant_part_name_idx", "tenant_id", text("lower(name)")),
    comment="A SKU of the tenant's own; shares its id with its stock_item.",
)

tenant_part_variant_group = Table(
    "tenant_part_variant_group",
    metadata,
    bigint_key(),
    tenant_id(),
    Column("code", Text, nullable=False),
    Column("name", Text),
    Column("option1_name", Text),
    UniqueConstraint("tenant_id", "code"),
)

tenant_part_variant_group_member = Table(
    "tenant_part_variant_group_member",
    metadata,
    Column("item_id", BigInteger, ForeignKey("tenant_part.item_id", ondelete="CASCADE"), primary_key=True),
    tenant_id(),
    Column(
        "group_id",
        BigInteger,
        ForeignKey("tenant_part_variant_group.id", ondelete="CASCADE"),
        nullable=False,
    ),
    Column("option1_value", Text),
    number("position"),
    Index(None, "group_id"),
)

tenant_sku_alias = Table(
    "tenant_sku_alias",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenant.id"), primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("item_id", BigInteger, ForeignKey("stock_item.id", ondelete="CASCADE"), nullable=False),
    Index(None, "item_id"),
)
