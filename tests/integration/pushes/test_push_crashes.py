"""Worker and line break in every gap: whoever goes on makes the shop what it should be, and nothing twice."""

from collections.abc import Callable, Collection
from itertools import count

import pytest

from app.adapters.postgres.pushes import PostgresPushTransaction
from tests.agreement import Merchants, check_counters, check_units
from tests.mortal import KilledError, MortalWorker, Strike, die_before
from tests.shopkeeper import LOCATION, Shopkeeper, open_shop

SECOND = "Aa second"
TIMEOUT_S = 0.4
STEPS_LEAST = 10
NOTHING_DONE = ("drop_before", "status", "garbage", "throttle", "internal")
FAULTS = (*NOTHING_DONE, "drop_after", "status_after", "slow")
WRITES = {
    "inventoryActivate",
    "inventorySetQuantities",
    "metafieldsSet",
    "productDelete",
    "productSet",
    "productVariantsBulkUpdate",
}
_numbers = count(1)


class Scenario:
    """Something to push. `units`: the part numbers of each product that there is to be."""

    location = LOCATION

    def __init__(self, shop: Shopkeeper) -> None:
        self.shop = shop
        self.prefix = f"{type(self).__name__}-{next(_numbers)}"
        self.units: list[list[str]] = []
        self.dissolved: list[str] = []
        self.put_away: list[str] = []
        self.prepare()
        self.theirs = Merchants.of(shop, self.named)

    @property
    def named(self) -> list[str]:
        return [one for unit in self.units for one in unit]

    def prepare(self) -> None:
        raise NotImplementedError

    def sold(self, *letters: str, unit: Collection[str] = ()) -> list[str]:
        """Parts of these letters, with a picture each."""
        names = [f"{self.prefix}-{letter}" for letter in letters]
        for name in names:
            self.shop.sell(name, image_url=f"https://cdn.example/{name}.jpg")
        return names

    def tended(self, sku: str) -> None:
        """The merchant makes a product their own."""
        self.shop.act("editProduct", sku=sku, set={"title": "Mine", "tags": ["mine"]})
        self.shop.act("addPhoto", sku=sku, filename="mine.jpg")
        self.shop.act("addVariant", sku=sku, newSku=f"MINE-{sku}", value="Mine", price="99.00")
        self.shop.act("createProduct", title="Own", sku=f"OWN-{sku}")

    def group(self, *names: str) -> None:
        self.shop.group(self.prefix, {name: name[-1] for name in names})

    def check(self) -> None:
        check_units(self.shop, self.units, self.location)
        self.theirs.check(self.shop, dissolved=self.dissolved, put_away=self.put_away)
        ours = [
            one for one in self.shop.products if set(self.named) & {each["sku"] for each in one["variants"]}
        ]
        assert len(ours) == len(self.units)


class ACreate(Scenario):
    def prepare(self) -> None:
        self.units = [self.sold("A")]
        self.shop.profile(image=(True, "overwrite"))
        self.shop.act("createProduct", title="Own", sku=f"OWN-{self.prefix}")


class AnUpdate(Scenario):
    def prepare(self) -> None:
        self.units = [self.sold("A")]
        self.shop.push(*self.named)
        self.tended(self.named[0])
        self.shop.edit(self.named[0], price="12.50", stock=9)


class AGroup(Scenario):
    def prepare(self) -> None:
        self.units = [self.sold("A", "B", "C")]
        self.shop.profile(image=(True, "overwrite"))
        self.group(*self.named)


class Joining(Scenario):
    """One member is new, one leaves a product of its own."""

    def prepare(self) -> None:
        a, b, c, d = self.sold("A", "B", "C", "D")
        self.group(a, b)
        self.shop.push(a, c)
        self.tended(a)
        self.shop.edit(c, stock=2)
        self.dissolved = [self.shop.product(c)["id"]]
        self.units = [[a, b, c, d]]
        self.group(a, b, c, d)


class PuttingAway(Scenario):
    """A part goes into a group, and the merchant has tended the product that it leaves."""

    def prepare(self) -> None:
        a, b = self.sold("A", "B")
        self.shop.push(a)
        self.shop.act("editProduct", sku=a, set={"title": "Mine"})
        self.shop.act("addPhoto", sku=a, filename="mine.jpg")
        self.put_away = [self.shop.product(a)["id"]]
        self.units = [[a, b]]
        self.group(a, b)


class Leaving(Scenario):
    def prepare(self) -> None:
        a, b, c = self.sold("A", "B", "C")
        self.group(a, b, c)
        self.shop.push(a)
        self.tended(a)
        self.shop.edit(b, price="3.00")
        self.group(a, b)
        self.units = [[a, b], [c]]


class Regrouping(Scenario):
    """A group whose members were parted comes together again: its product was kept by the last of them."""

    def prepare(self) -> None:
        a, b = self.sold("A", "B")
        self.group(a, b)
        self.shop.push(a)
        self.group()
        self.shop.push(a)
        self.shop.push(b)
        self.dissolved = [self.shop.product(a)["id"]]
        self.tended(b)
        self.group(a, b)
        self.units = [[a, b]]


class KeptByTheLast(Scenario):
    """Of a group that came apart the last member keeps the product, with all that the merchant has put into it."""

    def prepare(self) -> None:
        a, b = self.sold("A", "B")
        self.group(a, b)
        self.shop.push(a)
        self.shop.act("addPhoto", sku=a, filename="mine.jpg")
        self.group()
        self.shop.push(a)
        self.units = [[b]]
        self.kept = self.shop.product(b)["id"]

    def check(self) -> None:
        super().check()
        assert self.shop.product(self.named[0])["id"] == self.kept
        a, (b,) = self.named[0][:-1] + "A", self.named
        self.shop.group(self.prefix, {a: "A"})
        self.shop.push(a)
        assert {one["sku"] for one in self.shop.product(b)["variants"]} == {b}, (
            "the group took the product back"
        )


class APicture(Scenario):
    def prepare(self) -> None:
        self.units = [self.sold("A")]
        self.shop.profile(image=(True, "overwrite"))
        self.shop.push(*self.named)
        self.tended(self.named[0])
        self.shop.edit(self.named[0], image_url="https://cdn.example/other.jpg", stock=6)

    def check(self) -> None:
        super().check()
        pictures = [one["source"] for one in self.shop.product(self.named[0])["files"]]
        assert sorted(pictures) == ["https://cdn.example/other.jpg", "upload://mine.jpg"]


class Unstocked(Scenario):
    """The stock is to lie where the item is not kept yet."""

    location = SECOND

    def prepare(self) -> None:
        self.units = [self.sold("A")]
        self.shop.push(*self.named)
        place = next(one.gid for one in self.shop.store.shop.locations.values() if one.name == SECOND)
        self.shop.container.connections.set_location(self.shop.tenant_id, place)
        self.shop.edit(self.named[0], stock=4)


class DeletedByTheMerchant(Scenario):
    def prepare(self) -> None:
        self.units = [self.sold("A")]
        self.shop.push(*self.named)
        self.shop.act("deleteProduct", sku=self.named[0])
        self.shop.act("createProduct", title="Own", sku=f"OWN-{self.prefix}")


class Adopted(Scenario):
    """The merchant has the SKU already."""

    def prepare(self) -> None:
        self.units = [self.sold("A")]
        self.shop.act("createProduct", title="Own", sku=self.named[0], price="1.00", stock=1)
        self.shop.act("addPhoto", sku=self.named[0])

    def check(self) -> None:
        check_units(self.shop, self.units, self.location)
        self.theirs.check(self.shop)
        assert len(self.shop.products) == 1


SCENARIOS = Scenario.__subclasses__()


@pytest.fixture
def opened(keeper_of, stockline, simulator) -> Callable[[type[Scenario]], Scenario]:
    """A scenario in a shop and a tenant of its own."""
    first = keeper_of(stockline)

    def open_one(kind: type[Scenario]) -> Scenario:
        domain = f"gap-{next(_numbers)}.myshopify.com"
        return kind(open_shop(first.stockline.another(), simulator, domain))

    return open_one


def check_settled(scenario: Scenario, after: str) -> None:
    (push,) = scenario.shop.container.pushes.history(scenario.shop.tenant_id, 1, None)
    try:
        assert push.status == "completed"
        assert (push.total, push.failed) == (len(scenario.named), 0), scenario.shop.failures(push)
        check_counters(scenario.shop, push)
        scenario.check()
    except AssertionError as error:
        raise AssertionError(f"after {after}: {error}") from error


def check_every_gap(opened: Callable[[type[Scenario]], Scenario], kind: type[Scenario]) -> None:
    step, died = 0, True
    while died:
        scenario = opened(kind)
        scenario.shop.begin(*scenario.named)
        worker = MortalWorker(scenario.shop, die_before(step))
        died = worker.dies()
        MortalWorker(scenario.shop).drain()
        check_settled(scenario, f"death in step {step}, {worker.gaps.passed[-1]}")
        step += 1
    assert step > STEPS_LEAST


@pytest.mark.parametrize("kind", SCENARIOS)
def test_whichever_gap_its_worker_dies_in_a_push_is_finished_by_another(
    opened: Callable[[type[Scenario]], Scenario], kind: type[Scenario]
):
    check_every_gap(opened, kind)


@pytest.mark.parametrize("kind", SCENARIOS)
def test_whichever_call_meets_a_fault_the_push_is_finished_without_a_failure(
    opened: Callable[[type[Scenario]], Scenario], kind: type[Scenario]
):
    for number, operation in enumerate(calls_of(opened(kind))):
        for fault in FAULTS if operation in WRITES else NOTHING_DONE[number % len(NOTHING_DONE) :][:1]:
            scenario = opened(kind)
            scenario.shop.begin(*scenario.named)
            timeout_s = TIMEOUT_S if fault == "slow" else None
            strike = breaks(scenario.shop, fault, operation, number)
            MortalWorker(scenario.shop, strike, timeout_s=timeout_s).drain()
            assert not scenario.shop.store.faults.waiting
            check_settled(scenario, f"{fault} of call {number}, {operation}")


def breaks(shop: Shopkeeper, fault: str, operation: str, number: int) -> Strike:
    """Let the call of this number meet the fault."""
    calls = count()

    def strike(_: int, name: str) -> None:
        if name.startswith("before ") and name != "before commit" and next(calls) == number:
            shop.fault(fault, operation, seconds=TIMEOUT_S * 2)

    return strike


def check_that_it_is_there_once(opened: Callable[[type[Scenario]], Scenario], kind: type[Scenario]) -> None:
    """A worker dies in an item that is put into another group, or into none, before the next one comes."""
    step, died = 0, True
    while died:
        scenario = opened(kind)
        a, b, c, *_ = scenario.named
        scenario.shop.begin(c)
        died = MortalWorker(scenario.shop, die_before(step)).dies()
        scenario.group(*([a, b] if kind is Joining else [a, b, c]))
        MortalWorker(scenario.shop).drain()
        scenario.shop.push(a, b, c)
        check_units(scenario.shop, [[a, b], [c]] if kind is Joining else [[a, b, c]])
        step += 1
    assert step > STEPS_LEAST


@pytest.mark.parametrize("kind", [Joining, Leaving])
def test_an_item_that_is_grouped_otherwise_before_anybody_goes_on_is_there_once(
    opened: Callable[[type[Scenario]], Scenario], kind: type[Scenario]
):
    check_that_it_is_there_once(opened, kind)


@pytest.mark.parametrize("kind", [Joining, Leaving])
def test_control_without_a_note_of_where_it_was_on_its_way_it_is_there_twice(
    opened: Callable[[type[Scenario]], Scenario], kind: type[Scenario], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(PostgresPushTransaction, "sending", lambda *_: None)
    with pytest.raises(AssertionError):
        check_that_it_is_there_once(opened, kind)


@pytest.mark.parametrize("kind", [ACreate, AGroup, APicture])
def test_control_without_a_note_of_pictures_on_their_way_the_gallery_gets_copies(
    opened: Callable[[type[Scenario]], Scenario], kind: type[Scenario], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(PostgresPushTransaction, "sending", lambda *_: None)
    with pytest.raises(AssertionError, match="copies"):
        check_every_gap(opened, kind)


# --- what is put away, when its items go elsewhere before anybody goes on ---


def check_that_what_was_put_away_is_left(scenario: Scenario, product_id: str, units: list[list[str]]) -> None:
    """Each item is live once, in a product that is not the one that was put away; and so it stays."""
    shop = scenario.shop
    shop.push(*scenario.named)
    check_units(shop, units)
    kept = next(one for one in shop.products if one["id"] == product_id)
    assert kept["title"] == "Mine", "the merchant's work is gone"
    assert {shop.product(unit[0])["status"] for unit in units} == {"ACTIVE"}, "an item is out of sight"
    assert kept["status"] == "ACTIVE" or {one["sku"] for one in kept["variants"]} == {""}


def test_a_part_that_is_alone_again_before_its_product_was_put_away_is_to_be_seen(
    opened: Callable[[type[Scenario]], Scenario],
):
    step, died = 0, True
    while died:
        scenario = opened(PuttingAway)
        a, b = scenario.named
        scenario.shop.begin(a)
        died = MortalWorker(scenario.shop, die_before(step)).dies()
        scenario.group()
        MortalWorker(scenario.shop).drain()
        check_that_what_was_put_away_is_left(scenario, scenario.put_away[0], [[a], [b]])
        scenario.group(a, b)
        check_that_what_was_put_away_is_left(scenario, scenario.put_away[0], [[a, b]])
        step += 1
    assert step > STEPS_LEAST


class Detoured(Scenario):
    """A group that a worker made and did not note; the merchant tends it, and the parts go into another one."""

    def prepare(self) -> None:
        a, b = self.sold("A", "B")
        self.group(a, b)
        self.units = [[a, b]]
        self.shop.begin(a)
        assert MortalWorker(self.shop, dies_with_the_product).dies()
        self.shop.act("editProduct", sku=a, set={"title": "Mine"})
        self.made = self.shop.product(a)["id"]
        self.group()
        self.shop.group(f"{self.prefix}-other", {a: "A", b: "B"})


def dies_with_the_product(_: int, name: str) -> None:
    if name == "after productSet":
        raise KilledError


def test_a_product_that_nobody_noted_is_put_away_whole_in_whichever_gap_its_worker_dies(
    opened: Callable[[type[Scenario]], Scenario],
):
    step, died = 0, True
    while died:
        scenario = opened(Detoured)
        died = MortalWorker(scenario.shop, die_before(step)).dies()
        MortalWorker(scenario.shop).drain()
        check_that_what_was_put_away_is_left(scenario, scenario.made, scenario.units)
        scenario.shop.group(f"{scenario.prefix}-other", {})
        scenario.group(*scenario.named)
        check_that_what_was_put_away_is_left(scenario, scenario.made, scenario.units)
        step += 1
    assert step > STEPS_LEAST


def calls_of(scenario: Scenario) -> list[str]:
    """What a push asks the shop, when nothing goes wrong."""
    scenario.shop.begin(*scenario.named)
    passed = MortalWorker(scenario.shop).drain().gaps.passed
    check_settled(scenario, "nothing")
    names = [one.removeprefix("before ") for one in passed if one.startswith("before ")]
    return [one for one in names if one != "commit"]
