"""What must hold between catalog, mapping and shop once a push is settled, and what a merchant must find again."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.push.push import Push
from tests.shopkeeper import LOCATION, Shopkeeper

Product = dict[str, Any]
THEIRS = "upload://"
"""What the simulator says of a picture that the merchant has uploaded."""


def catalog(keeper: Shopkeeper) -> dict[str, dict[str, Any]]:
    """By part number: the item's price and stock, its mapping's ids, its picture's address."""
    cursor = keeper.stockline.database.execute(
        "SELECT s.part_number, s.price::text AS price, s.stock, p.image_url, m.product_id, m.variant_id,"
        " m.inventory_item_id, m.image_id, m.image_url AS pushed_url, m.last_push_hash FROM stock_item s"
        " LEFT JOIN tenant_catalog_item c ON c.item_id = s.id LEFT JOIN part p ON p.id = c.part_id"
        " LEFT JOIN shopify_product_mapping m ON m.item_id = s.id WHERE s.tenant_id = %s",
        (keeper.tenant_id,),
    )
    assert cursor.description
    names = [one.name for one in cursor.description]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["part_number"]: row for row in rows}


def skus(products: Collection[Product]) -> Counter[str]:
    return Counter(each["sku"] for one in products for each in one["variants"])


def sources(product: Product) -> list[str]:
    """Where its pictures came from."""
    return [one["source"] for one in product["files"]]


def check_counters(keeper: Shopkeeper, push: Push) -> None:
    """Every item has one outcome, and the counters are their sums."""
    rows = keeper.stockline.database.execute(
        "SELECT outcome, count(*) FROM push_item WHERE push_id = %s GROUP BY 1", (push.id,)
    ).fetchall()
    counted = dict(rows)
    assert counted == {
        name: number
        for name in ("succeeded", "failed", "skipped", "pending")
        if (number := getattr(push, "remaining" if name == "pending" else name))
    }
    assert sum(counted.values()) == push.total


def check_units(
    keeper: Shopkeeper, units: Sequence[Collection[str]], location: str = LOCATION, *, stocked: bool = True
) -> None:
    """One product for each unit, each SKU once, as the catalog has it, and mapped."""
    products, items = keeper.products, catalog(keeper)
    counted = skus(products)
    for unit in units:
        assert {sku: counted[sku] for sku in unit} == dict.fromkeys(unit, 1)
        assert len({keeper.product(sku)["id"] for sku in unit}) == 1
        for sku in unit:
            check_item(items[sku], keeper.product(sku), keeper.variant(sku), location, stocked=stocked)
        check_pictures(keeper.product(next(iter(unit))))


def check_item(
    item: dict[str, Any], product: Product, variant: Product, location: str, *, stocked: bool
) -> None:
    """What the default profile overwrites, and the mapping."""
    assert (variant["price"], variant["stock"].get(location)) == (item["price"], item["stock"])
    assert (item["product_id"], item["variant_id"], item["inventory_item_id"]) == (
        product["id"],
        variant["id"],
        variant["inventoryItemId"],
    )
    assert not stocked or item["last_push_hash"] == f"stock:{item['stock']}"


def check_pictures(product: Product) -> None:
    """No copies."""
    twice = [source for source, count in Counter(sources(product)).items() if count > 1]
    assert not twice, f"the gallery has copies of {twice}"


@dataclass(frozen=True)
class Merchants:
    """What a merchant has put into a shop: words by product, pictures by product, variants and whole products."""

    words: dict[str, tuple[Any, ...]]
    pictures: dict[str, set[str]]
    variants: dict[str, tuple[str, str]]
    products: set[str]

    @classmethod
    def of(cls, keeper: Shopkeeper, ours: Collection[str]) -> "Merchants":
        """`ours` are the part numbers that are pushed."""
        products = keeper.products
        return cls(
            {one["id"]: (one["title"], tuple(one["tags"]), one["status"]) for one in products},
            {one["id"]: {each["id"] for each in one["files"] if _theirs(each)} for one in products},
            {
                each["id"]: (one["id"], each["price"])
                for one in products
                for each in one["variants"]
                if each["sku"] not in ours
            },
            {one["id"] for one in products if not one["metafields"]},
        )

    def check(
        self, keeper: Shopkeeper, *, dissolved: Collection[str] = (), put_away: Collection[str] = ()
    ) -> None:
        """All of it is there, but products that were dissolved into another untouched; `put_away`: archived."""
        now = {one["id"]: one for one in keeper.products}
        assert self.products <= now.keys(), "a product of the merchant's own is gone"
        assert self.words.keys() - now.keys() <= set(dissolved), "a product is gone"
        for product_id in self.words.keys() & now.keys():
            one = now[product_id]
            title, tags, status = self.words[product_id]
            status = "ARCHIVED" if product_id in put_away else status
            assert (one["title"], tuple(one["tags"]), one["status"]) == (title, tags, status)
            held = {each["id"] for each in one["files"]}
            assert self.pictures[product_id] <= held, "a picture of the merchant's is gone"
        standing = {
            each["id"]: (one["id"], each["price"]) for one in now.values() for each in one["variants"]
        }
        assert {each: standing.get(each) for each in self.variants} == self.variants


def _theirs(file: dict[str, Any]) -> bool:
    return file["source"].startswith(THEIRS)
