"""Ids and times, which all things have."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

from typing import Any

from app.local.shopify_sim.clock import iso
from app.local.shopify_sim.resolving import Arguments, Call, resolves


@resolves(
    "Product.id",
    "ProductVariant.id",
    "ProductOption.id",
    "ProductOptionValue.id",
    "InventoryItem.id",
    "InventoryLevel.id",
    "Location.id",
    "Metafield.id",
    "MetafieldDefinition.id",
    "MediaImage.id",
    "GenericFile.id",
    "Publication.id",
    "Shop.id",
    "WebhookSubscription.id",
    "ProductSetOperation.id",
    "AppInstallation.id",
    "App.id",
    "InventoryQuantity.id",
    "InventoryAdjustmentGroup.id",
    "InventoryItemMeasurement.id",
    "Node.id",
    "File.id",
    "Media.id",
)
def global_id(source: Any, _: Call, __: Arguments) -> str:
    return str(source["id"] if isinstance(source, dict) else source.gid)


@resolves(
    "Product.legacyResourceId",
    "ProductVariant.legacyResourceId",
    "InventoryItem.legacyResourceId",
    "Location.legacyResourceId",
    "WebhookSubscription.legacyResourceId",
    "Metafield.legacyResourceId",
)
def legacy_id(source: Any, _: Call, __: Arguments) -> str:
    return str(source.id)


@resolves(
    "Product.createdAt",
    "ProductVariant.createdAt",
    "InventoryItem.createdAt",
    "InventoryLevel.createdAt",
    "Location.createdAt",
    "Metafield.createdAt",
    "MediaImage.createdAt",
    "GenericFile.createdAt",
    "WebhookSubscription.createdAt",
    "File.createdAt",
    "Shop.createdAt",
)
def created_at(source: Any, _: Call, __: Arguments) -> str:
    return iso(source.created_at)


@resolves(
    "Product.updatedAt",
    "ProductVariant.updatedAt",
    "InventoryItem.updatedAt",
    "InventoryLevel.updatedAt",
    "Location.updatedAt",
    "Metafield.updatedAt",
    "MediaImage.updatedAt",
    "GenericFile.updatedAt",
    "WebhookSubscription.updatedAt",
    "File.updatedAt",
)
def updated_at(source: Any, _: Call, __: Arguments) -> str:
    return iso(source.updated_at)
