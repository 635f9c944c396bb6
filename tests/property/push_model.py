"""What may become of a shop while a push is worked on: everything that a merchant finds changed is accounted for."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.agreement import THEIRS, catalog
from tests.shopkeeper import LOCATION, Shopkeeper

Product = dict[str, Any]
CONTENT = {
    "title": "title",
    "descriptionHtml": "descriptionHtml",
    "vendor": "vendor",
    "productType": "productType",
    "tags": "tags",
    "status": "status",
}
"""The simulator's names by the profile's."""


@dataclass
class Known:
    """What the test did: its groups, the profile, and what is the merchant's own."""

    groups: dict[str, str | None]
    """By part number, the code of its group."""
    overwrite: set[str]
    made_by_merchant: set[str] = field(default_factory=set)
    """Products."""
    forgotten: set[str] = field(default_factory=set)
    """Part numbers whose mapping was lost: their pictures are nobody's."""

    def unit(self, name: str) -> set[str]:
        code = self.groups[name]
        return {name} if code is None else {one for one, other in self.groups.items() if other == code}


@dataclass(frozen=True)
class Seen:
    """The shop and the catalog at one moment, and the outcomes of the push's items."""

    products: Mapping[str, Product]
    items: Mapping[str, dict[str, Any]]
    outcomes: Mapping[str, tuple[str, str | None]]

    @classmethod
    def at(cls, shop: Shopkeeper, push_id: Any) -> "Seen":
        rows = shop.stockline.database.execute(
            "SELECT part_number, outcome, code FROM push_item WHERE push_id = %s", (push_id,)
        ).fetchall()
        return cls(
            {one["id"]: one for one in shop.products},
            catalog(shop),
            {name: (outcome, code) for name, outcome, code in rows},
        )

    def variants(self) -> dict[str, tuple[str, Product]]:
        return {each["id"]: (one["id"], each) for one in self.products.values() for each in one["variants"]}


def check_what_the_merchant_has(known: Known, before: Seen, after: Seen) -> None:
    """Nothing of the merchant's own is lost, nothing that the profile leaves alone is touched."""
    ours = set(known.groups)
    for product_id, was in before.products.items():
        now = after.products.get(product_id)
        strange = [one for one in was["variants"] if one["sku"] not in ours]
        if now is None:
            assert product_id not in known.made_by_merchant, "a product of the merchant's was deleted"
            assert not strange, f"variants of the merchant's went with a product: {strange}"
            assert not tended(was), f"the merchant's work went with {was['title']}"
            continue
        for name, theirs in CONTENT.items():
            if name == "status" and put_away(known, now):
                continue
            if name not in known.overwrite:
                assert now[theirs] == was[theirs], f"{name} of {was['title']} was not ours to change"
        pictures = {one["id"] for one in was["files"] if one["source"].startswith(THEIRS)}
        assert pictures <= {one["id"] for one in now["files"]}, "a picture of the merchant's is gone"
        held = {one["id"]: one for one in now["variants"]}
        assert all(held.get(one["id"]) == one for one in strange), (
            "a variant of the merchant's is not what it was"
        )
        for one in was["variants"]:
            if "price" not in known.overwrite and one["sku"] in ours and one["id"] in held:
                assert held[one["id"]]["price"] == one["price"]
    for product_id in after.products.keys() - before.products.keys():
        made = after.products[product_id]
        assert made["metafields"], "a product without our key"
        assert {one["sku"] for one in made["variants"]} <= ours


def tended(product: Product) -> bool:
    """Whether the merchant's words or pictures are in it."""
    return (
        product["title"].startswith("Mine")
        or any(one.startswith("mine-") for one in product["tags"])
        or any(one["source"].startswith(THEIRS) for one in product["files"])
    )


def put_away(known: Known, product: Product) -> bool:
    """Whether it was one of ours, whose items went into others."""
    skus = {each["sku"] for each in product["variants"]}
    return bool(product["status"] == "ARCHIVED" and product["metafields"] and skus <= {"", *known.groups})


def check_what_was_settled(known: Known, before: Seen, after: Seen, *, unsure: set[str]) -> None:
    """What this leg of the push has settled is in the shop as it should be. `unsure`: stock that changed meanwhile."""
    standing, earlier = after.variants(), before.variants()
    for name, (outcome, code) in after.outcomes.items():
        if before.outcomes.get(name, ("pending", None))[0] != "pending" or outcome == "pending":
            continue
        if outcome == "failed":
            check_failure(known, after, name, code)
            continue
        item = after.items[name]
        product_id, variant = standing.get(item["variant_id"], (None, None))
        assert variant, f"{name} is mapped to a variant that is not there"
        assert (product_id, variant["inventoryItemId"]) == (item["product_id"], item["inventory_item_id"])
        new = item["variant_id"] not in earlier
        if new or "price" in known.overwrite:
            assert variant["price"] == item["price"], name
        if (new or "stock" in known.overwrite) and name not in unsure:
            assert variant["stock"].get(LOCATION) == item["stock"], name
        assert {after.items[one]["product_id"] for one in known.unit(name)} == {product_id}
        check_pictures(known, after.products[product_id])


def check_failure(known: Known, after: Seen, name: str, code: str | None) -> None:
    """Only for a SKU that the merchant has in a product of their own, or one that nobody knows for ours any more."""
    theirs = {
        one["sku"]
        for product_id in known.made_by_merchant & after.products.keys()
        for one in after.products[product_id]["variants"]
    }
    assert code == "sku_exists", f"{name} failed: {code}"
    assert known.unit(name) & (theirs | known.forgotten), f"{name} is in no product of the merchant's"


def check_pictures(known: Known, product: Product) -> None:
    """Each of ours once, but of parts that nobody knows the pictures of any more."""
    counted = Counter(each["source"] for each in product["files"])
    twice = [
        source
        for source, count in counted.items()
        if count > 1 and not any(f"/{name}" in source for name in known.forgotten)
    ]
    assert not twice, f"the gallery has copies of {twice}"


def check_no_twins(known: Known, after: Seen) -> None:
    """When a push is over, each SKU is live in one product, beside those that the merchant made with it."""
    failed = {name for name, (outcome, _) in after.outcomes.items() if outcome == "failed"}
    counted: Counter[str] = Counter(
        each["sku"]
        for product_id, one in after.products.items()
        for each in one["variants"]
        if product_id not in known.made_by_merchant and one["status"] != "ARCHIVED"
    )
    excused = failed | known.forgotten
    twins = {sku: count for sku, count in counted.items() if count > 1 and sku not in excused}
    assert not twins, f"twice in the shop: {twins}"
    keys = Counter(
        value for one in after.products.values() for value in one["metafields"].values() if one["metafields"]
    )
    assert max(keys.values(), default=1) == 1, "two products with one key"
