"""Webhooks: signed, tried for about a day, put aside then; whoever does not answer delays nobody else."""

import base64
import subprocess
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from app.adapters.postgres.alert_deliveries import PostgresDeliveries
from app.adapters.postgres.alert_watch import PostgresWatches
from app.domain.alerts.alert import AlertKind
from app.domain.alerts.channel import ChannelKind
from app.domain.alerts.deliver import DeliverJob
from app.domain.alerts.delivery import TRIES_MAX, delay_s
from app.domain.alerts.watch import WatchJob
from app.domain.errors import InvalidInputError
from app.domain.work.dispatch import Actor
from tests.alerted import receiving
from tests.desk import KilledError
from tests.shopkeeper import KEYS
from tests.stockline import until


def emptied(alerted, *skus):
    """A supplier whose SKUs are out, and nobody was told yet."""
    acme = alerted.supplier(code=f"s{uuid4()}")
    alerted.stocked(acme, *skus or ("A",))
    alerted.reports(acme, 0)
    return acme


def openssl_hmac(secret: str, message: bytes) -> str:
    """HMAC-SHA256 by somebody else's hand."""
    done = subprocess.run(
        [
            "openssl",
            "dgst",
            "-sha256",
            "-mac",
            "HMAC",
            "-macopt",
            f"hexkey:{secret.encode().hex()}",
            "-binary",
        ],
        input=message,
        capture_output=True,
        check=True,
    )
    return base64.b16encode(done.stdout).decode().lower()


def parts(call):
    pairs = [one.split("=", 1) for one in call.headers["X-Stockline-Signature"].split(",")]
    return next(value for name, value in pairs if name == "t"), [
        value for name, value in pairs if name == "v1"
    ]


def test_a_webhook_gets_what_happened_signed_with_its_secret(alerted):
    _, secret = alerted.webhook()
    emptied(alerted, "A")
    alerted.deliver()
    (call,) = alerted.receiver.calls
    at, (signed,) = parts(call)
    assert signed == openssl_hmac(secret, f"{at}.".encode() + call.body)
    assert abs(datetime.now(UTC).timestamp() - int(at)) < 60
    (alert,) = call.json["alerts"]
    assert (call.json["type"], alert["kind"], alert["details"]["sku"]) == ("alerts", "out", "A")
    assert call.headers["X-Stockline-Delivery"] == call.json["id"]
    assert alerted.deliveries() == ["delivered"]
    assert alerted.stockline.count("dispatch") == 0


def test_for_a_day_after_a_rotation_both_secrets_verify_and_then_the_new_one_alone(alerted):
    channel, old = alerted.webhook()
    _, new = alerted.stockline.container.alerts.rotate(alerted.tenant_id, channel.id)
    emptied(alerted)
    alerted.deliver()
    at, signed = parts(alerted.receiver.calls[0])
    message = f"{at}.".encode() + alerted.receiver.calls[0].body
    assert signed == [openssl_hmac(new, message), openssl_hmac(old, message)]
    alerted.stockline.sql("UPDATE alert_channel SET old_secret_until = now() WHERE id = %s", channel.id)
    emptied(alerted)
    alerted.deliver()
    assert len(parts(alerted.receiver.calls[1])[1]) == 1


def test_a_channel_gets_the_kinds_that_it_wants_and_no_others(alerted):
    alerted.webhook(alerts=(AlertKind.BACK,))
    acme = emptied(alerted)
    alerted.deliver()
    assert alerted.receiver.calls == []
    alerted.reports(acme, 50)
    alerted.deliver()
    assert [one["kind"] for one in alerted.receiver.calls[0].json["alerts"]] == ["back"]


def test_alerts_of_one_supplier_and_kind_come_together_a_hundred_at_a_time(alerted):
    alerted.webhook()
    emptied(alerted, *[f"S{n}" for n in range(250)])
    emptied(alerted, "B")
    alerted.deliver()
    assert sorted(len(call.json["alerts"]) for call in alerted.receiver.calls) == [1, 50, 100, 100]


def test_what_comes_while_others_gather_joins_them(alerted):
    alerted.webhook()
    acme = emptied(alerted, "A", "B")
    alerted.watch()
    alerted.stocked(acme, "C")
    alerted.reports(acme, 0, "C")
    alerted.watch()
    assert alerted.receiver.calls == []
    alerted.deliver()
    (call,) = alerted.receiver.calls
    assert [one["details"]["sku"] for one in call.json["alerts"]] == ["A", "B", "C"]


def test_a_delivery_that_was_tried_gathers_no_more(alerted):
    alerted.webhook()
    alerted.receiver.answer = lambda _call: 500
    acme = emptied(alerted, "A")
    alerted.deliver()
    alerted.stocked(acme, "B")
    alerted.reports(acme, 0, "B")
    alerted.watch()
    assert alerted.deliveries("cardinality(alert_ids)") == [1, 1]


def test_a_failed_try_is_made_again_with_the_same_id_and_body(alerted):
    alerted.webhook()
    alerted.receiver.answer = lambda _call: 500
    emptied(alerted)
    alerted.deliver()
    assert alerted.deliveries("last_error") == ["the receiver answered 500"]
    alerted.receiver.answer = lambda _call: 204
    alerted.hurry()
    alerted.drain()
    first, second = alerted.receiver.calls
    assert first.body == second.body
    assert alerted.deliveries() == ["delivered"]


def test_tries_are_spread_over_about_a_day():
    waits = [delay_s(tries, None, lambda low, high: 1.0) for tries in range(1, TRIES_MAX)]
    assert waits[:4] == [30, 60, 120, 240]
    assert 20 * 3600 < sum(waits) < 26 * 3600


def test_two_that_fail_together_are_not_tried_again_together():
    assert len({delay_s(3, None) for _ in range(20)}) > 15


def test_a_receiver_that_says_when_is_asked_then(alerted):
    alerted.webhook()
    alerted.receiver.answer = lambda _call: (429, {"Retry-After": "7200"})
    emptied(alerted)
    alerted.deliver()
    (due_at,) = alerted.deliveries("due_at")
    assert timedelta(seconds=7100) < due_at - datetime.now(UTC) <= timedelta(seconds=7200)


def test_what_failed_often_enough_is_a_dead_letter_that_can_be_replayed(alerted):
    alerted.webhook()
    alerted.receiver.answer = lambda _call: 500
    emptied(alerted)
    alerted.watch()
    for _ in range(TRIES_MAX):
        alerted.hurry()
        alerted.drain()
    assert len(alerted.receiver.calls) == TRIES_MAX
    assert alerted.deliveries() == ["dead"]
    dead_letters = alerted.stockline.container.dead_letters
    (letter,) = [one for one in dead_letters.list() if one.tenant_id == alerted.tenant_id]
    assert letter.error == "the receiver answered 500"
    alerted.receiver.answer = lambda _call: 200
    dead_letters.replay([letter.id])
    alerted.drain()
    assert alerted.deliveries() == ["delivered"]
    assert alerted.stockline.count("dispatch") == 0


def test_a_receiver_that_is_gone_deactivates_its_channel_with_the_reason(alerted):
    channel, _ = alerted.webhook()
    alerted.receiver.answer = lambda _call: 410
    emptied(alerted, "A")
    emptied(alerted, "B")
    alerted.deliver()
    kept = alerted.stockline.container.alerts.channel(alerted.tenant_id, channel.id)
    assert not kept.active
    assert kept.stopped_because.startswith("the receiver answered 410")
    assert len(alerted.receiver.calls) == 1
    assert alerted.deliveries() == ["dropped", "dropped"]
    emptied(alerted, "C")
    alerted.deliver()
    assert len(alerted.receiver.calls) == 1


def test_a_channel_that_is_activated_again_gets_what_happens_from_then_on(alerted):
    desk = alerted.stockline.container.alerts
    channel, _ = alerted.webhook()
    desk.change(alerted.tenant_id, channel.id, {"active": False})
    emptied(alerted, "A")
    alerted.deliver()
    assert desk.change(alerted.tenant_id, channel.id, {"active": True}).stopped_because is None
    emptied(alerted, "B")
    alerted.deliver()
    assert [one["details"]["sku"] for call in alerted.receiver.calls for one in call.json["alerts"]] == ["B"]


def test_a_redirect_is_not_followed(alerted):
    alerted.webhook()
    alerted.receiver.answer = lambda _call: (307, {"Location": "/elsewhere"})
    emptied(alerted)
    alerted.deliver()
    assert [call.path for call in alerted.receiver.calls] == ["/hook"]
    assert alerted.deliveries("last_error") == ["the receiver answered 307"]


def test_a_receiver_that_hangs_holds_up_no_other_channel(alerted):
    released = threading.Event()
    with receiving() as hanging:
        hanging.answer = lambda _call: released.wait(20) and 200
        alerted.stockline.container.alerts.add(alerted.tenant_id, ChannelKind.WEBHOOK, hanging.url)
        alerted.webhook()
        emptied(alerted)
        alerted.watch()
        alerted.hurry()
        work = alerted.stockline.container.work
        due = alerted.stockline._due()
        threads = [threading.Thread(target=work.run, args=(one, alerted.handlers)) for one in due]
        for thread in threads:
            thread.start()
        try:
            until(lambda: alerted.receiver.calls, "the other channel's delivery")
            assert not released.is_set()
        finally:
            released.set()
            for thread in threads:
                thread.join()
    assert alerted.deliveries() == ["delivered", "delivered"]


def test_a_receiver_that_is_away_is_tried_once_for_all_that_is_due(alerted):
    with receiving() as gone:
        url = gone.url
    alerted.stockline.container.alerts.add(alerted.tenant_id, ChannelKind.WEBHOOK, url)
    for name in "ABC":
        emptied(alerted, name)
    alerted.deliver()
    assert alerted.deliveries("tries") == [1, 1, 1]
    assert len(set(alerted.deliveries("due_at"))) == 1


def test_a_worker_that_dies_between_an_alert_and_its_delivery_loses_nothing(alerted):
    alerted.webhook()
    emptied(alerted)
    dies = mortal(alerted, watch=WatchJob(watches(alerted), now=killed))
    dies.stockline.container.work.sweep()
    with pytest.raises(KilledError):
        dies.drain()
    alerted.lapse()
    alerted.deliver()
    assert len(alerted.receiver.calls) == 1
    assert alerted.alerts == [("out", "A")]


def test_a_worker_that_dies_between_a_call_and_its_note_calls_again_with_the_same_id(alerted):
    alerted.webhook()
    emptied(alerted)
    alerted.watch()
    alerted.hurry()
    real = alerted.handlers[Actor.ALERTS_DELIVER][0].__self__._sender

    class DiesAfterwards:
        def send(self, *given):
            real.send(*given)
            raise KilledError

    with pytest.raises(KilledError):
        mortal(alerted, deliver=DeliverJob(sent_by(alerted), DiesAfterwards())).drain()
    alerted.lapse()
    alerted.drain()
    assert len(alerted.receiver.ids) == 2
    assert len(set(alerted.receiver.ids)) == 1
    assert alerted.deliveries() == ["delivered"]


def test_a_delivery_that_kills_its_worker_three_times_is_put_aside_and_the_next_goes_out(alerted):
    alerted.webhook()
    emptied(alerted, "A")
    alerted.watch()
    alerted.hurry()

    class Dies:
        send = killed

    dies = mortal(alerted, deliver=DeliverJob(sent_by(alerted), Dies()))
    for _ in range(3):
        with pytest.raises(KilledError):
            dies.drain()
        alerted.lapse()
    dies.drain()
    assert alerted.deliveries() == ["dead"]
    emptied(alerted, "B")
    alerted.deliver()
    assert alerted.deliveries() == ["dead", "delivered"]
    assert alerted.receiver.calls[0].json["alerts"][0]["details"]["sku"] == "B"


def killed(*_given):
    raise KilledError


def watches(alerted):
    return PostgresWatches(alerted.stockline.container.unit_of_work)


def sent_by(alerted):
    return PostgresDeliveries(alerted.stockline.container.unit_of_work)


def mortal(alerted, watch=None, deliver=None):
    """The same tenant with a worker of its own."""
    jobs = {Actor.ALERTS_WATCH: watch, Actor.ALERTS_DELIVER: deliver}
    mine = {actor: (job.run, job.give_up) for actor, job in jobs.items() if job is not None}
    return replace(alerted, jobs=mine)


def test_a_worker_that_lost_its_lease_notes_nothing(alerted, monkeypatch):
    alerted.webhook()
    emptied(alerted)
    alerted.watch()
    alerted.hurry()

    def lose(_call):
        alerted.stockline.sql("UPDATE dispatch SET token = token + 1 WHERE tenant_id = %s", alerted.tenant_id)
        return 200

    alerted.receiver.answer = lose
    alerted.drain()
    assert alerted.deliveries() == ["queued"]


@pytest.fixture
def closed(alerted, build):
    """The same tenant in an installation that makes no exception for this machine."""
    return replace(alerted, stockline=alerted.stockline.over(build(encryption_keys=KEYS)))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::ffff:7f00:1]/", "http://169.254.169.254/", "x"]
)
def test_an_address_that_is_not_the_internets_is_refused_when_it_is_given(closed, url):
    with pytest.raises(InvalidInputError):
        closed.stockline.container.alerts.add(closed.tenant_id, ChannelKind.WEBHOOK, url)


def test_an_address_that_is_not_the_internets_is_refused_when_it_is_called(alerted, closed):
    alerted.webhook()
    emptied(alerted)
    closed.deliver()
    assert alerted.receiver.calls == []
    assert "may not be asked" in alerted.deliveries("last_error")[0]


def test_what_happens_during_a_call_goes_into_the_next_delivery(alerted):
    alerted.webhook()
    acme = emptied(alerted, "A")

    def meanwhile(_call):
        alerted.receiver.answer = lambda _call: 200
        alerted.stocked(acme, "B")
        alerted.reports(acme, 0, "B")
        alerted.watch()
        return 200

    alerted.receiver.answer = meanwhile
    alerted.deliver()
    alerted.hurry()
    alerted.drain()
    assert [one["details"]["sku"] for call in alerted.receiver.calls for one in call.json["alerts"]] == [
        "A",
        "B",
    ]
