import threading
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

import pytest

from app.domain.errors import DatabaseDownError, OutcomeUnknownError
from app.domain.tenancy import keys, sign_in
from app.domain.tenancy.ports import StoredKey
from app.domain.tenancy.sign_in import SignIn
from app.domain.tenancy.tenant import Scope, Tenant, TenantType

DEADLINE_S = 10


class FakeTenancies:
    """Keys in memory; counts the questions and can be down, or slow until told."""

    def __init__(self) -> None:
        self.keys: dict[str, StoredKey] = {}
        self.asked = 0
        self.error: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.inside = threading.Event()

    def issue(self) -> str:
        key = keys.new_key()
        tenant = Tenant(uuid4(), "T", TenantType.RETAIL)
        self.keys[key.prefix] = StoredKey(
            uuid4(), key.secret_hash, frozenset(Scope), revoked=False, tenant=tenant
        )
        return key.text

    def change(self, text: str, **values) -> None:
        prefix = keys.prefix_of(text)
        self.keys[prefix] = replace(self.keys[prefix], **values)

    @contextmanager
    def platform(self):
        self.asked += 1
        self.inside.set()
        assert self.gate.wait(DEADLINE_S)
        if self.error:
            raise self.error
        yield self

    def key_by_prefix(self, prefix: str) -> StoredKey | None:
        return self.keys.get(prefix)


@pytest.fixture
def store():
    return FakeTenancies()


@pytest.fixture
def door(store):
    return SignIn(store, cache_s=0.5)


def test_a_live_key_is_known_by_its_tenant_and_scopes(store, door):
    text = store.issue()
    principal = door.authenticate(text, 0.0)

    stored = store.keys[keys.prefix_of(text)]
    assert (principal.key_id, principal.tenant, principal.scopes) == (
        stored.id,
        stored.tenant,
        frozenset(Scope),
    )


def test_a_known_key_asks_once_in_half_a_second(store, door):
    text = store.issue()
    for now in (0.0, 0.1, 0.49):
        assert door.authenticate(text, now)
    assert store.asked == 1
    assert door.authenticate(text, 0.5)
    assert store.asked == 2


def test_an_unknown_key_is_remembered_as_long_and_then_may_exist(store, door):
    key = keys.new_key()
    assert door.authenticate(key.text, 0.0) is None
    assert door.authenticate(key.text, 0.4) is None
    assert store.asked == 1
    tenant = Tenant(uuid4(), "T", TenantType.RETAIL)
    store.keys[key.prefix] = StoredKey(
        uuid4(), key.secret_hash, frozenset(Scope), revoked=False, tenant=tenant
    )
    assert door.authenticate(key.text, 0.6)


def test_a_malformed_key_never_reaches_the_database(store, door):
    for text in ("", "nope", store.issue()[:-1] + "g", "\ud800"):
        assert door.authenticate(text, 0.0) is None
    assert store.asked == 0


def test_another_secret_behind_a_known_prefix_is_refused(store, door):
    text = store.issue()
    store.change(text, secret_hash=keys.digest("another"))
    assert door.authenticate(text, 0.0) is None


@pytest.mark.parametrize("what", ["revoked", "deactivated", "settings"])
def test_a_change_is_live_within_a_second(store, door, what):
    text = store.issue()
    tenant = door.authenticate(text, 0.0).tenant
    store.change(
        text,
        **{
            "revoked": {"revoked": True},
            "deactivated": {"tenant": replace(tenant, active=False)},
            "settings": {"tenant": replace(tenant, currency="SEK")},
        }[what],
    )

    principal = door.authenticate(text, 1.0)
    assert principal.tenant.currency == "SEK" if what == "settings" else principal is None


@pytest.mark.parametrize("error", [DatabaseDownError("down"), OutcomeUnknownError("broke")])
def test_while_the_database_is_down_a_key_it_knew_is_let_in_for_a_minute(store, door, error):
    text = store.issue()
    assert door.authenticate(text, 0.0)
    store.error = error

    assert door.authenticate(text, 0.6)
    assert door.authenticate(text, 59.9)
    with pytest.raises(DatabaseDownError):
        door.authenticate(text, 60.5)


def test_the_minute_is_counted_from_the_last_answer_not_from_the_last_use(store, door):
    text = store.issue()
    door.authenticate(text, 0.0)
    store.error = DatabaseDownError("down")
    for now in range(1, 60):
        assert door.authenticate(text, float(now))
    with pytest.raises(DatabaseDownError):
        door.authenticate(text, 61.0)


def test_a_key_nobody_asked_about_before_the_outage_is_an_error_and_not_a_refusal(store, door):
    text = store.issue()
    store.error = DatabaseDownError("down")
    with pytest.raises(DatabaseDownError):
        door.authenticate(text, 0.0)
    with pytest.raises(DatabaseDownError):
        door.authenticate(text, 0.1)


def test_a_refusal_is_not_kept_through_an_outage(store, door):
    text = keys.new_key().text
    assert door.authenticate(text, 0.0) is None
    store.error = DatabaseDownError("down")
    with pytest.raises(DatabaseDownError):
        door.authenticate(text, 0.6)


def test_after_the_outage_a_revocation_is_live_within_a_second(store, door):
    text = store.issue()
    door.authenticate(text, 0.0)
    store.error = DatabaseDownError("down")
    assert door.authenticate(text, 10.0)
    store.error = None
    store.change(text, revoked=True)
    assert door.authenticate(text, 10.5) is None


def test_callers_of_one_key_wait_for_one_question(store, door):
    text = store.issue()
    store.gate.clear()
    answers = []
    callers = [
        threading.Thread(target=lambda: answers.append(door.authenticate(text, 0.1))) for _ in range(8)
    ]
    callers[0].start()
    assert store.inside.wait(DEADLINE_S)
    for caller in callers[1:]:
        caller.start()
    store.gate.set()
    for caller in callers:
        caller.join(DEADLINE_S)

    assert len(answers) == 8
    assert all(answers)
    assert store.asked == 1


def test_a_question_older_than_the_cache_does_not_answer_a_later_caller(store, door):
    text = store.issue()
    store.gate.clear()
    answers = {}

    def ask(now: float) -> None:
        answers[now] = door.authenticate(text, now)

    early, late = (threading.Thread(target=ask, args=(now,)) for now in (0.0, 5.0))
    early.start()
    assert store.inside.wait(DEADLINE_S)
    late.start()
    store.gate.set()
    early.join(DEADLINE_S)
    late.join(DEADLINE_S)

    assert store.asked == 2


def test_an_unexpected_failure_reaches_the_caller_and_leaves_no_one_waiting(store, door):
    text = store.issue()
    store.error = RuntimeError("a defect")
    with pytest.raises(RuntimeError):
        door.authenticate(text, 0.0)
    store.error = None
    assert door.authenticate(text, 0.0)


def test_memory_is_bounded_and_made_up_keys_push_out_only_their_own_kind(store, door, monkeypatch):
    monkeypatch.setattr(sign_in, "KEYS_MAX", 10)
    text = store.issue()
    assert door.authenticate(text, 0.0)
    for _ in range(50):
        door.authenticate(keys.new_key().text, 0.0)
    asked = store.asked

    assert door.authenticate(text, 0.1)
    assert store.asked == asked
    assert len(door._unknown) == 10


def test_the_cache_is_keyed_by_a_digest_and_never_by_the_key(store, door):
    text = store.issue()
    door.authenticate(text, 0.0)
    assert list(door._known) == [keys.digest(text)]
