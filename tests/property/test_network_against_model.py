"""The dealer network on the real database, Redis, application and job, held against the plain model at every step."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import redis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from app.adapters.redis.projection import RedisProjection
from app.domain.network.ports import Kind
from app.domain.network.reads import NetworkReads
from tests.network import ALWAYS, NEVER, Network
from tests.property.network_model import Dealer, KeptAnswers, Member, NetworkModel, Question, Spot
from tests.stockline import Stockline

PARTS = ("P", "Q")
ALIASES = ("old P", "old")
MEMBERS = {"maker": "MANUFACTURER", "hybrid": "HYBRID", "retail": "RETAIL", "A": "RESELLER", "B": "RESELLER"}
ASKERS, SHARERS, KEEPERS = ("maker", "hybrid", "retail"), ("A", "B", "hybrid"), ("hybrid", "retail")
SPOTS = (
    Spot(59.0, 18.0), Spot(59.33, 18.06), Spot(55.6, 13.0), Spot(63.82, 20.26), Spot(0.0, 179.9), Spot(0.1, -179.7),
    Spot(-33.9, 151.2), Spot(59.0, 17.0),
)  # fmt: skip
ORIGINS = (Spot(59.0, 18.0), Spot(0.0, 180.0), Spot(40.7, -74.0), Spot(-89.0, 1.0))
CODES = ("90326", "11129")
HOURS: dict[bool | None, Any] = {True: ALWAYS, False: NEVER, None: None}
STOCKS = (0, 1, 3, 9, 10, 11, 40)

askers, sharers, parts = map(st.sampled_from, (ASKERS, SHARERS, PARTS))
picks, stocks = st.integers(0, 30), st.sampled_from(STOCKS)
questions = st.builds(
    Question,
    number=st.sampled_from((*PARTS, *ALIASES, "nobody has it")),
    origin=st.sampled_from((*ORIGINS, *CODES)),
    limit=st.sampled_from((1, 2, 3, 50)),
    radius_km=st.sampled_from((None, 30.0, 600.0, 20_000.0)),
    in_miles=st.booleans(),
    open_only=st.booleans(),
)


class NetworkMachine(RuleBasedStateMachine):
    """Five tenants; whatever is done to them, every answer is what the model says."""

    stockline: Stockline
    cache: redis.Redis

    @initialize()
    def open(self) -> None:
        self.tenants = {name: self.stockline.another(type_) for name, type_ in MEMBERS.items()}
        self.networks = {name: Network(self.tenants[name]) for name in ASKERS}
        self.model = NetworkModel({name: Member(type_) for name, type_ in MEMBERS.items()})
        self.kept = KeptAnswers(self.model)
        self.question: tuple[str, Question] = ("maker", Question("P", ORIGINS[0]))
        self.earlier: list[tuple[list[Any], Callable[[], None]]] = []
        self.cache.flushall()
        for name, tenant in self.tenants.items():
            tenant.activate(*PARTS)
            tenant.own("P", stock=77)  # an own part is never shown, also by the number of a catalog part
            self.model.stock |= {("item", name, part): 0 for part in PARTS}
        for asker in ASKERS:
            for of in ("A", None):
                self._add(asker, f"{asker}'s {of}", of, SPOTS[0], "", None)
        self.consent("A", "maker", "LEVEL")
        self.feed("A", "P", 9)

    # --- dealers ---

    @rule(
        asker=askers,
        of=st.sampled_from((None, "self", *SHARERS)),
        spot=st.sampled_from((*SPOTS, *CODES, None)),
        is_open=st.sampled_from((True, False, None)),
    )
    def add_dealer(self, asker: str, of: str | None, spot: Spot | str | None, is_open: bool | None) -> None:
        of = asker if of == "self" else of
        code = spot if isinstance(spot, str) else ""
        place = self._place(spot) if spot else None
        self._add(asker, f"{asker}'s {len(self.model.dealers)}", of, place, code, is_open)

    @rule(pick=picks, active=st.booleans())
    def open_or_close_dealer(self, pick: int, active: bool) -> None:
        if dealer := self._pick(pick):
            self._network(dealer).edit(dealer, active=active)
            self.model.dealers[dealer].active = active
            self._touch(dealer)

    @rule(pick=picks, spot=st.sampled_from(SPOTS))
    def move_dealer(self, pick: int, spot: Spot) -> None:
        if dealer := self._pick(pick):
            self._network(dealer).edit(dealer, lat=spot.lat, lng=spot.lng)
            self.model.dealers[dealer].place = spot
            self._touch(dealer)

    @rule(pick=picks, of=st.sampled_from((None, *SHARERS)))
    def link_dealer(self, pick: int, of: str | None) -> None:
        if dealer := self._pick(pick):
            self._network(dealer).edit(dealer, linked_tenant_id=of and self.tenants[of].tenant_id)
            self.model.dealers[dealer].of = of
            self._touch(dealer)

    @rule(pick=picks)
    def delete_dealer(self, pick: int) -> None:
        if dealer := self._pick(pick):
            self._network(dealer).delete(dealer)
            self._touch(dealer)
            del self.model.dealers[dealer]
            self.model.stock = {at: n for at, n in self.model.stock.items() if at[1] != dealer}

    # --- who shows what ---

    @rule(sharer=sharers, asker=askers, precision=st.sampled_from(("EXACT", "LEVEL", "NONE")))
    def consent(self, sharer: str, asker: str, precision: str) -> None:
        active = self.model.members[sharer].active and self.model.members[asker].active
        if sharer != asker and active and self.model.consents.get((sharer, asker), "NONE") != precision:
            self.networks[asker].shared_by(self.tenants[sharer], precision)
            self.model.consents[sharer, asker] = precision
            self.model.touch(asker)

    @rule(
        sharer=st.sampled_from(tuple(MEMBERS)),
        safety=st.sampled_from((0, 2, 9)),
        threshold=st.sampled_from((1, 3, 10)),
    )
    def set_levels(self, sharer: str, safety: int, threshold: int) -> None:
        member = self.model.members[sharer]
        if (member.safety, member.threshold) != (safety, threshold):
            self._tenancy.set_settings(
                self.tenants[sharer].tenant_id, (f"safetyStock={safety}", f"lowStockThreshold={threshold}")
            )
            member.safety, member.threshold = safety, threshold
            self._touch_readers(sharer)

    @rule(name=st.sampled_from(tuple(MEMBERS)))
    def deactivate(self, name: str) -> None:
        self._switch(name, active=False)

    @rule()
    def activate_all(self) -> None:
        for name in MEMBERS:
            self._switch(name, active=True)

    @rule(asker=askers, alias=st.sampled_from(ALIASES), part=parts)
    def alias(self, asker: str, alias: str, part: str) -> None:
        if self.model.aliases.get((asker, alias)) != part:
            self._catalog.add_alias(self.tenants[asker].tenant_id, alias, part)
            self.model.aliases[asker, alias] = part
            self.model.touch(asker)

    # --- stock ---

    @rule(name=st.sampled_from(tuple(MEMBERS)), part=parts, stock=stocks)
    def feed(self, name: str, part: str, stock: int) -> None:
        if self.model.members[name].active:
            self.tenants[name].stock_feed(
                {"partNumber": part, "stock": stock}, {"partNumber": "?", "stock": 1}
            )
            self._stocked(("item", name, part), stock, name)

    @rule(name=st.sampled_from(tuple(MEMBERS)), part=parts, stock=stocks)
    def import_items(self, name: str, part: str, stock: int) -> None:
        if self.model.stock["item", name, part] != stock:
            self._touch_readers(name)
        self._catalog.import_items(
            self.tenants[name].tenant_id, "items.csv", ["partNumber,stock\n", f"{part},{stock}\n"]
        )
        self._stocked(("item", name, part), stock, name)

    @rule(name=st.sampled_from(KEEPERS), pick=picks, part=parts, stock=stocks)
    def shelve(self, name: str, pick: int, part: str, stock: int) -> None:
        mine = [one for one, dealer in self.model.dealers.items() if dealer.owner == name]
        if mine and self.model.members[name].active:
            dealer = mine[pick % len(mine)]
            self.tenants[name].send(
                "location-stock", [{"dealerId": dealer, "partNumber": part, "stock": stock}]
            )
            self._stocked(("shelf", dealer, part), stock, name)

    # --- Redis ---

    @rule()
    def redis_forgets_everything(self) -> None:
        self.cache.flushall()
        self.kept.flushed()

    @rule()
    def redis_is_saved(self) -> None:
        keys = self.cache.keys("*")
        saved = [(key, self.cache.dump(key), self.cache.pexpiretime(key)) for key in keys]
        self.earlier.append((saved, self.kept.noted()))

    @rule(pick=picks)
    def redis_comes_back_with_what_it_saved(self, pick: int) -> None:
        if self.earlier:
            saved, note = self.earlier[pick % len(self.earlier)]
            self.cache.flushall()
            for key, value, expires_ms in saved:
                if value is not None:
                    self.cache.restore(key, max(expires_ms, 0), value, replace=True, absttl=expires_ms > 0)
            note()

    # --- reads ---

    @rule(asker=askers, question=questions)
    def look(self, asker: str, question: Question) -> None:
        self.question = (asker, question)

    @invariant()
    def every_answer_is_the_models(self) -> None:
        if not hasattr(self, "model"):
            return
        self._check(*self.question)
        for asker in ASKERS:
            if self.model.members[asker].active:
                listed = [one["name"] for one in self.networks[asker].get("/dealers").json]
                assert sorted(listed) == self.model.listed(asker)
            for number in PARTS:
                self._check(asker, Question(number, ORIGINS[0]))

    def _check(self, asker: str, question: Question) -> None:
        response = self.networks[asker].ask(question.number, **self._query(question))
        if not self.model.members[asker].active:
            assert response.status_code == 401
            return
        placed = question._replace(origin=self._place(question.origin))
        views = self.kept.allowed(asker, self.model.resolve(asker, question.number))
        expected = [self.model.answer(asker, placed, view) for view in views]
        shown = response.json
        assert any(same(shown, one) for one in expected), f"{asker} asks {question}\n{shown}\n{expected}"

    # --- hands ---

    @property
    def _tenancy(self) -> Any:
        return self.stockline.container.tenancy

    @property
    def _catalog(self) -> Any:
        return self.stockline.container.catalog

    def _add(
        self, asker: str, name: str, of: str | None, place: Spot | None, code: str, is_open: bool | None
    ) -> None:
        given = {"lat": None, "lng": None} if place is None or code else {"lat": place.lat, "lng": place.lng}
        where = {"postal_code": code, "country": "SE"} if code else {}
        dealer_id = self.networks[asker].dealer(
            of and self.tenants[of], name=name, hours=HOURS[is_open], **given, **where
        )
        self.model.dealers[dealer_id] = Dealer(asker, name, place, of, is_open)
        self.model.touch(asker)

    def _place(self, spot: Spot | str) -> Spot:
        if isinstance(spot, Spot):
            return spot
        found = self.stockline.container.postal_codes.find("SE", spot)
        return Spot(found.lat, found.lng, found.approximate)

    def _pick(self, pick: int) -> str | None:
        return list(self.model.dealers)[pick % len(self.model.dealers)] if self.model.dealers else None

    def _network(self, dealer: str) -> Network:
        return self.networks[self.model.dealers[dealer].owner]

    def _touch(self, dealer: str) -> None:
        self.model.touch(self.model.dealers[dealer].owner)

    def _switch(self, name: str, *, active: bool) -> None:
        if self.model.members[name].active != active:
            self.model.members[name].active = active
            self._tenancy.set_active(self.tenants[name].tenant_id, active=active)
            self._touch_readers(name)

    def _touch_readers(self, sharer: str) -> None:
        for asker in {*self.model.readers(sharer), sharer}:
            self.model.touch(asker)

    def _stocked(self, at: tuple[str, str, str], stock: int, name: str) -> None:
        if self.model.stock.get(at) != stock:
            self.model.stock[at] = stock
            self.kept.forget(self.model.readers(name), at[2])

    @staticmethod
    def _query(question: Question) -> dict[str, Any]:
        origin = question.origin
        told: dict[str, Any] = {"limit": question.limit, "unit": "mi" if question.in_miles else "km"}
        told |= (
            {"lat": origin.lat, "lng": origin.lng}
            if isinstance(origin, Spot)
            else {"postalCode": origin, "country": "SE"}
        )
        if question.radius_km is not None:
            told["radiusKm"] = question.radius_km
        return told | ({"openNow": "true"} if question.open_only else {})


def same(shown: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Row by row: every field of the model's, no number but the model's, distances to a decimal."""
    return len(shown) == len(expected) and all(map(_same_row, shown, expected))


def _same_row(shown: dict[str, Any], expected: dict[str, Any]) -> bool:
    distances = [name for name in expected if name.startswith("distance")]
    near = all(abs(shown.get(name, -1) - expected[name]) <= 0.0501 for name in distances)
    exact = [name for name in expected if name not in distances]
    return (
        near
        and ("stock" in shown) == ("stock" in expected)
        and all(shown[name] == expected[name] for name in exact)
    )


@pytest.fixture
def run(stockline: Stockline) -> Iterator[Callable[[int], None]]:
    """Runs so many examples."""
    with redis.Redis.from_url(stockline.container.settings.redis_url) as cache:
        bound = type("Bound", (NetworkMachine,), {"stockline": stockline, "cache": cache})

        def examples(count: int) -> None:
            run_state_machine_as_test(
                bound,
                settings=settings(
                    max_examples=count,
                    stateful_step_count=25,
                    deadline=None,
                    database=None,
                    report_multiple_bugs=False,
                    suppress_health_check=list(HealthCheck),
                    phases=[Phase.generate],  # shrinking on a database takes too long
                ),
            )

        yield examples


def test_whatever_is_done_to_the_network_every_answer_is_the_models(run: Callable[[int], None]):
    run(20)


def forget_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RedisProjection, "forget_holders", lambda *_: None)


def take_any_version(monkeypatch: pytest.MonkeyPatch) -> None:
    original = RedisProjection.read_at

    def read_at(
        self: RedisProjection, tenant_id: UUID, kind: Kind, name: str, _version: int, load: Any
    ) -> bytes:
        return original(self, tenant_id, kind, name, 0, load)

    monkeypatch.setattr(RedisProjection, "read_at", read_at)


def trust_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NetworkReads, "_stands", lambda *_: True)


@pytest.mark.parametrize("fault", [forget_nothing, take_any_version, trust_memory])
def test_control_with_a_mechanism_taken_out_an_answer_is_not_the_models(
    run: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, fault: Callable[[pytest.MonkeyPatch], None]
):
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        run(30)
