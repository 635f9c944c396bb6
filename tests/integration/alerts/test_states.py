"""A subject's state is told when it changes, once, whoever says it and however many do."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.adapters.postgres.alerts import note_state


def note(stockline, state, kind, subject="supplier:1", **details):
    with stockline.container.unit_of_work.tenant(stockline.tenant_id) as connection:
        return note_state(
            connection,
            stockline.tenant_id,
            subject=subject,
            state=state,
            kind=kind,
            message=f"it is {state}",
            details=details,
        )


def kinds(stockline):
    rows = stockline.database.execute(
        "SELECT kind FROM alert WHERE tenant_id = %s ORDER BY created_at, id", (stockline.tenant_id,)
    )
    return [kind for (kind,) in rows.fetchall()]


def test_a_change_of_state_alerts_and_the_same_state_again_does_not(stockline):
    assert note(stockline, "failing", "source-failing")
    assert not note(stockline, "failing", "source-failing")
    assert note(stockline, "silent", "source-silent")
    assert note(stockline, "fresh", "source-back")
    assert not note(stockline, "fresh", "source-back")
    assert kinds(stockline) == ["source-failing", "source-silent", "source-back"]


def test_what_was_never_bad_is_not_told_to_be_good(stockline):
    assert not note(stockline, "fresh", "source-back")
    assert kinds(stockline) == []
    assert stockline.count("alert_state") == 0


def test_each_subject_has_its_own_state(stockline):
    assert note(stockline, "out", "out", subject="stock:1")
    assert note(stockline, "out", "out", subject="stock:2")


def test_another_tenants_states_are_its_own(stockline):
    assert note(stockline, "out", "out")
    assert note(stockline.another(), "out", "out")


def test_what_the_caller_rolls_back_was_not_told(stockline):
    def fails_afterwards():
        with stockline.container.unit_of_work.tenant(stockline.tenant_id) as connection:
            assert note_state(
                connection, stockline.tenant_id, subject="s", state="out", kind="out", message="m"
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_afterwards()
    assert stockline.count("alert_state") == stockline.count("alert") == 0


def test_of_many_that_say_it_at_once_one_alerts(stockline):
    for round_ in range(10):
        state, kind = ("failing", "source-failing") if round_ % 2 == 0 else ("fresh", "source-back")
        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(note, [stockline] * 8, [state] * 8, [kind] * 8))
        assert sum(told) == 1
    assert stockline.count("alert") == 10


def test_whatever_a_name_contains_is_kept_as_it_is(stockline):
    name = 'Größe "9"\r\nBcc: x\\{},NULL 漢字 🏍'
    assert note(stockline, "out", "out", subject=name, sku=name)
    row = stockline.database.execute(
        "SELECT subject, details->>'sku' FROM alert WHERE tenant_id = %s", (stockline.tenant_id,)
    ).fetchone()
    assert row == (name, name)
