"""Whatever is sold, edited, grouped, pushed, killed and done in the shop: no twin, no loss, and the mapping is the shop."""

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
import redis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.adapters.shopify import products
from app.adapters.shopify.inventory import Inventory
from app.adapters.shopify.products import Products
from app.domain.push.push import Push
from tests.mortal import KilledError, MortalWorker, arrive
from tests.property.push_model import (
    Known,
    Seen,
    check_no_twins,
    check_what_the_merchant_has,
    check_what_was_settled,
)
from tests.shopkeeper import LOCATION, Shopkeeper, open_shop

LETTERS = "ABCDE"
FAULTS = ("drop_before", "drop_after", "status", "status_after", "garbage", "throttle", "internal")
OPERATIONS = ("productSet", "productSet", "inventorySetQuantities", "productVariantsBulkUpdate", "*")
OVERWRITTEN = {"price", "compareAtPrice", "costPrice", "weight", "ean", "hsCode", "countryOfOrigin", "stock"}
_examples = count(1)

letters = st.sampled_from(LETTERS)
amounts = st.integers(0, 9)
gaps = st.integers(0, 45)
selections = st.sets(letters, max_size=len(LETTERS))
picks = st.integers(0, 99)


class PushMachine(RuleBasedStateMachine):
    """One tenant and its shop."""

    open: Callable[[], Shopkeeper]

    @initialize()
    def begin(self) -> None:
        self.shop = type(self).open()
        self.prefix = f"X{next(_examples)}"
        self.names = {letter: f"{self.prefix}-{letter}" for letter in LETTERS}
        for letter, name in self.names.items():
            self.shop.sell(name, image_url=f"https://cdn.example/{name}.jpg" if letter in "AB" else None)
        self.known = Known(dict.fromkeys(self.names.values()), set(OVERWRITTEN))
        self.under_way: Push | None = None
        self.late: Any = None
        self.versions: list[int] = []
        self.numbers = count(1)

    # --- the catalog ---

    @rule(letter=letters, price=amounts)
    def price(self, letter: str, price: int) -> None:
        self.shop.edit(self.names[letter], price=f"{price}.50")

    @rule(letter=letters, stock=amounts)
    def stock(self, letter: str, stock: int) -> None:
        self.shop.edit(self.names[letter], stock=stock)

    @rule(letter=letters, number=amounts)
    def content(self, letter: str, number: int) -> None:
        name = self.names[letter]
        picture = f"https://cdn.example/{name}-{number}.jpg"
        self.shop.edit(name, name=f"Part {number}", tags=["ours", str(number)], image_url=picture)

    @rule(chosen=st.lists(st.sampled_from([None, None, "G", "H"]), min_size=5, max_size=5))
    def group(self, chosen: list[str | None]) -> None:
        for code in "GH":
            self.shop.group(f"{self.prefix}-{code}", {})
        for code in "GH":
            members = [one for one, other in zip(LETTERS, chosen, strict=True) if other == code]
            self.shop.group(f"{self.prefix}-{code}", {self.names[one]: one for one in members})
        for letter, code in zip(LETTERS, chosen, strict=True):
            self.known.groups[self.names[letter]] = code

    @rule(field=st.sampled_from(["title", "tags", "image", "price", "stock"]), overwritten=st.booleans())
    def profile(self, field: str, overwritten: bool) -> None:
        self.shop.profile(**{field: (True, "overwrite" if overwritten else "leave-alone")})
        (self.known.overwrite.add if overwritten else self.known.overwrite.discard)(field)

    @rule(letter=letters)
    def lose_a_mapping(self, letter: str) -> None:
        name = self.names[letter]
        if self.shop.mapping(name):
            self.known.forgotten.add(name)
        self.shop.stockline.sql(
            "DELETE FROM shopify_product_mapping m USING stock_item s"
            " WHERE s.id = m.item_id AND s.tenant_id = %s AND s.part_number = %s",
            self.shop.tenant_id,
            name,
        )

    # --- the merchant ---

    @rule(pick=picks, deed=st.sampled_from(["retitle", "retag", "photo", "variant", "delete", "price"]))
    def tend(self, pick: int, deed: str) -> None:
        standing = self.shop.products
        if not standing:
            return
        product = standing[pick % len(standing)]
        which, number = {"productId": product["id"]}, next(self.numbers)
        if deed == "retitle":
            self.shop.act("editProduct", **which, set={"title": f"Mine {number}"})
        elif deed == "retag":
            self.shop.act("editProduct", **which, set={"tags": [f"mine-{number}"]})
        elif deed == "photo":
            self.shop.act("addPhoto", **which, filename=f"mine-{number}.jpg")
        elif deed == "variant":
            self.shop.act("addVariant", **which, newSku=f"M-{number}", value=f"M{number}", price="77.00")
        elif deed == "delete":
            self.shop.act("deleteProduct", **which)
            self.known.made_by_merchant.discard(product["id"])
        else:
            self.shop.act("editVariant", sku=product["variants"][0]["sku"], set={"price": "66.00"})

    @rule(letter=letters, ours=st.booleans())
    def make_a_product(self, letter: str, ours: bool) -> None:
        number = next(self.numbers)
        sku = self.names[letter] if ours and number % 3 == 0 else f"OWN-{number}"
        made = self.shop.act("createProduct", title=f"Own {number}", sku=sku, location=LOCATION)
        self.known.made_by_merchant.add(made["id"])

    @rule(letter=letters, amount=amounts, sold=st.booleans())
    def counter(self, letter: str, amount: int, sold: bool) -> None:
        self._at_the_counter(self.names[letter], amount, sold=sold)

    def _at_the_counter(self, sku: str, amount: int, *, sold: bool) -> bool:
        if not any(one.sku == sku for _, one in self.shop.store.variants()):
            return False
        if sold:
            self.shop.act("sell", lines=[{"sku": sku, "quantity": 1}], location=LOCATION)
        else:
            self.shop.act("setStock", sku=sku, quantity=amount, location=LOCATION)
        return True

    # --- the push ---

    @rule(selection=selections)
    def push(self, selection: set[str]) -> None:
        self._push(selection, lambda *_: None)

    @rule(letter=letters, number=amounts, gap=st.none() | gaps)
    def push_a_new_picture(self, letter: str, number: int, gap: int | None) -> None:
        """Where the merchant has just hung up one of their own."""
        name = self.names[letter]
        if any(one.sku == name for _, one in self.shop.store.variants()):
            self.shop.act("addPhoto", sku=name, filename=f"mine-{next(self.numbers)}.jpg")
        self.profile("image", overwritten=True)
        self.content(letter, number)
        self._push({letter}, self._death(gap))

    @rule(selection=selections, gap=gaps)
    def push_and_die(self, selection: set[str], gap: int) -> None:
        self._push(selection, self._death(gap))

    @precondition(lambda self: self.under_way is not None)
    @rule(gap=st.none() | gaps)
    def resume(self, gap: int | None) -> None:
        self._leg(self._death(gap))

    @rule(selection=selections, kind=st.sampled_from(FAULTS), operation=st.sampled_from(OPERATIONS))
    def push_through_a_fault(self, selection: set[str], kind: str, operation: str) -> None:
        self.shop.fault(kind, operation)
        self._push(selection, lambda *_: None)
        self.shop.store.faults.waiting.clear()

    @rule(kind=st.sampled_from(["drop_after", "status_after", "drop_before"]))
    def sell_one_more_and_push_it_over_a_broken_line(self, kind: str) -> None:
        name = f"{self.prefix}-N{next(self.numbers)}"
        self.shop.sell(name)
        self.known.groups[name] = None
        self.shop.fault(kind, "productSet")
        self._push({name}, lambda *_: None)
        self.shop.store.faults.waiting.clear()

    @rule(letter=letters, gap=gaps, amount=amounts, what=st.sampled_from(["feed", "sale", "count", "flush"]))
    def push_while_something_happens(self, letter: str, gap: int, amount: int, what: str) -> None:
        name, unsure = self.names[letter], set[str]()

        def meanwhile(number: int, _: str) -> None:
            if number != gap:
                return
            unsure.add(name)
            if what == "feed":
                self.shop.edit(name, stock=amount)
            elif what == "flush":
                with redis.Redis.from_url(self.shop.container.settings.redis_url) as client:
                    client.flushall()
            else:
                self._at_the_counter(name, amount, sold=what == "sale")

        self._push(set(), meanwhile, unsure)

    @rule(letter=letters, amount=amounts)
    def die_with_a_call_under_way(self, letter: str, amount: int) -> None:
        """The worker writes stock and dies; the call is slow, and gets there when another has finished."""
        self.shop.edit(self.names[letter], stock=amount)

        def strike(_: int, name: str) -> None:
            if name == "before inventorySetQuantities":
                self.late = self.worker.gaps.call
                raise KilledError

        self._push({letter}, strike)
        self.shop.edit(self.names[letter], stock=amount + 1)

    def _death(self, gap: int | None) -> Callable[[int, str], None]:
        def strike(number: int, _: str) -> None:
            if number == gap:
                raise KilledError

        return strike

    def _push(
        self, selection: set[str], strike: Callable[[int, str], None], unsure: set[str] | None = None
    ) -> None:
        """Of letters or part numbers, or of everything; one that is under way is finished first."""
        if self.under_way is not None:
            self._leg(lambda *_: None)
        self.under_way = self.shop.begin(*sorted(self.names.get(one, one) for one in selection))
        self.versions = []
        self._leg(strike, unsure)

    def _leg(self, strike: Callable[[int, str], None], unsure: set[str] | None = None) -> None:
        assert self.under_way
        before = Seen.at(self.shop, self.under_way.id)
        self.worker = MortalWorker(self.shop, strike, told=self._read)
        died = self.worker.dies()
        after = Seen.at(self.shop, self.under_way.id)
        push = self.shop.container.pushes.get(self.shop.tenant_id, self.under_way.id)
        self._read(push)
        check_what_the_merchant_has(self.known, before, after)
        check_what_was_settled(self.known, before, after, unsure=unsure or set())
        if died:
            return
        assert push.status == "completed", push.reason
        assert push.remaining == 0
        check_no_twins(self.known, after)
        self.under_way = None
        self._let_the_late_call_arrive()

    def _read(self, push: Push) -> None:
        """Whoever looks at the progress now."""
        version, body = self.shop.container.pushes.progress(self.shop.tenant_id, push.id)
        shown = json.loads(body)
        assert shown["total"] == sum(shown[one] for one in ("succeeded", "failed", "skipped", "remaining"))
        self.versions.append(version)
        assert self.versions == sorted(self.versions), "progress went back"

    def _let_the_late_call_arrive(self) -> None:
        """Where the stock is not again what the call compares with, it changes nothing."""
        call, self.late = self.late, None
        if call is None:
            return
        rows = json.loads(call[1])["variables"]["input"]["quantities"]
        before = self._levels()
        if any(before.get(one["inventoryItemId"]) == one["changeFromQuantity"] for one in rows):
            return
        arrive(call)
        assert self._levels() == before, "the call of a dead worker went over a newer value"

    def _levels(self) -> dict[str, int | None]:
        return {
            each["inventoryItemId"]: each["stock"].get(LOCATION)
            for one in self.shop.products
            for each in one["variants"]
        }

    def teardown(self) -> None:
        if getattr(self, "under_way", None) is not None:
            self._leg(lambda *_: None)


@pytest.fixture
def run(keeper_of, stockline, simulator) -> Callable[[int], None]:
    """Runs so many examples."""
    first = keeper_of(stockline)

    def open_one() -> Shopkeeper:
        return open_shop(first.stockline.another(), simulator, f"property-{next(_examples)}.myshopify.com")

    bound = type("Bound", (PushMachine,), {"open": staticmethod(open_one)})

    def examples(number: int) -> None:
        run_state_machine_as_test(
            bound,
            settings=settings(
                max_examples=number,
                stateful_step_count=15,
                deadline=None,
                database=None,
                print_blob=True,
                report_multiple_bugs=False,
                suppress_health_check=list(HealthCheck),
                phases=[Phase.generate],  # shrinking on a database takes too long
            ),
        )

    return examples


def test_whatever_happens_there_is_no_twin_no_loss_and_the_mapping_is_the_shop(run: Callable[[int], None]):
    run(40)


def made_without_our_key(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Products._set

    def set_it(self: Products, ask: Any, identifier: dict[str, Any], product: Any) -> Any:
        if "customId" in identifier:
            identifier = {"customId": {**identifier["customId"], "value": str(uuid4())}}
        return original(self, ask, identifier, product)

    monkeypatch.setattr(Products, "_set", set_it)


def stock_without_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Inventory._set

    def set_it(self: Inventory, levels: Any, key: Any) -> None:
        original(self, [replace(one, change_from=None) for one in levels], key)

    monkeypatch.setattr(Inventory, "_set", set_it)


def none_but_our_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    original = products.product_set_input

    def sent(product: Any, location: str) -> dict[str, Any]:
        given = original(product, location)
        used = [one["file"] for one in given.get("variants", ()) if "file" in one]
        return given | ({"files": [one for one in given["files"] if one in used]} if "files" in given else {})

    monkeypatch.setattr(products, "product_set_input", sent)


@pytest.mark.parametrize("fault", [made_without_our_key, stock_without_comparison, none_but_our_pictures])
def test_control_with_a_mechanism_taken_out_it_is_seen(
    run: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None]
):
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        run(200)
