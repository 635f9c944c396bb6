"""What is kept and for how long; and what the operator does on a tenant's behalf."""

import json
import logging
from dataclasses import replace

import pytest
import structlog
from cryptography.fernet import Fernet

from app.adapters.postgres.alert_retention import prune
from app.admin import main as admin
from app.domain.shop.connection import EncryptionMissingError
from tests.integration.alerts.test_mail import empty_one
from tests.integration.alerts.test_webhooks import openssl_hmac, parts
from tests.shopkeeper import KEYS


def test_alerts_deliveries_and_changes_are_kept_for_ninety_days(alerted):
    alerted.webhook()
    for sku in "AB":
        empty_one(alerted, sku)
    alerted.deliver()
    tables = ("alert", "alert_delivery", "supplier_stock_change")
    alerted.stockline.container.alerts.acknowledge_all(alerted.tenant_id, "a person")
    alerted.stockline.sql("UPDATE supplier_stock_change SET orders_seen = true")
    for table, column in (("alert_delivery", "created_at"), ("supplier_stock_change", "at")):
        alerted.stockline.sql(
            f"UPDATE {table} SET {column} = now() - interval '91 days' WHERE id ="
            f" (SELECT id FROM {table} WHERE tenant_id = %s ORDER BY id LIMIT 1)",
            alerted.tenant_id,
        )
    alerted.stockline.sql(
        "UPDATE alert SET id = uuidv7(interval '-91 days') WHERE tenant_id = %s AND details->>'sku' = 'A'",
        alerted.tenant_id,
    )
    prune(alerted.stockline.container.unit_of_work, piece=1)
    assert [alerted.stockline.count(table) for table in tables] == [1, 1, 1]


def test_what_nobody_acknowledged_is_kept_while_it_is_so(alerted):
    acme = alerted.supplier()
    alerted.stocked(acme, "A")
    for quantity in (5, 0):
        alerted.reports(acme, quantity)
        alerted.watch()
    alerted.stockline.sql(
        "UPDATE alert SET id = uuidv7(interval '-91 days'), created_at = created_at - CASE kind WHEN 'low' THEN interval"
        " '1 hour' ELSE '0' END WHERE tenant_id = %s",
        alerted.tenant_id,
    )
    prune(alerted.stockline.container.unit_of_work)
    assert alerted.alerts == [("out", "A")]
    alerted.stockline.container.alerts.acknowledge_all(alerted.tenant_id, "a person")
    prune(alerted.stockline.container.unit_of_work)
    assert alerted.alerts == []


def test_what_no_watch_has_seen_is_not_forgotten_however_old(alerted):
    empty_one(alerted)
    alerted.stockline.sql(
        "UPDATE supplier_stock_change SET at = now() - interval '1 year' WHERE tenant_id = %s",
        alerted.tenant_id,
    )
    prune(alerted.stockline.container.unit_of_work)
    alerted.watch()
    assert alerted.alerts == [("out", "A")]


def test_a_webhooks_secret_is_encrypted_anew_with_the_newest_key_and_stays_what_it_was(alerted, build):
    _, secret = alerted.webhook()
    newer = Fernet.generate_key().decode()
    settings = {
        "outbound_allow_hosts": "127.0.0.1",
        "smtp_url": alerted.stockline.container.settings.smtp_url,
    }
    both = build(encryption_keys=f"{newer},{KEYS}", **settings)
    assert both.alerts.rotate_secrets() >= 1
    only = replace(alerted, stockline=alerted.stockline.over(build(encryption_keys=newer, **settings)))
    empty_one(only)
    only.deliver()
    at, (signed,) = parts(alerted.receiver.calls[0])
    assert signed == openssl_hmac(secret, f"{at}.".encode() + alerted.receiver.calls[0].body)
    with pytest.raises(EncryptionMissingError):
        alerted.stockline.container.alerts.rotate_secrets()
    alerted.stockline.sql("DELETE FROM alert_channel WHERE tenant_id = %s", alerted.tenant_id)


@pytest.fixture
def _logging_as_it_was():
    """The command line sends every log to its own stderr, which ends with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def run(_logging_as_it_was, alerted, engines, tmp_path, monkeypatch, capsys):
    """A command of the operator's; its exit code and its answer."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    record = {
        "databaseUrl": engines.app_url,
        "databaseOwnerUrl": engines.owner_url,
        "redisUrl": engines.redis_url,
        "brokerUrl": engines.broker_url,
        "settings": {"ENCRYPTION_KEYS": KEYS, "OUTBOUND_ALLOW_HOSTS": "127.0.0.1"},
    }
    (tmp_path / "system.json").write_text(json.dumps(record))

    def call(action, *arguments):
        given = ["--data-dir", tmp_path, "alert-channel", action, "--tenant", alerted.tenant_id, *arguments]
        code = admin.main([str(one) for one in given])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else err

    return call


def test_the_operator_adds_tests_stops_and_removes_a_channel(alerted, run):
    code, made = run("add", "--webhook", alerted.receiver.url, "--alert", "out", "--alert", "low")
    assert (code, made["alerts"]) == (0, ["out", "low"])
    assert made["secret"].startswith("whsec_")
    assert run("test", made["channelId"]) == (0, {"ok": True, "message": "the receiver answered 200"})
    assert run("deactivate", made["channelId"])[1]["active"] is False
    assert [one["channelId"] for one in run("list")[1]] == [made["channelId"]]
    assert run("remove", made["channelId"])[0] == 0
    assert run("list") == (0, [])


def test_the_operator_is_told_what_is_wrong(run):
    assert run("add", "--email", "ops@example.com")[0] == 1
    code, said = run("add", "--webhook", "http://10.0.0.1/", "--alert", "out")
    assert (code, "public internet" in said) == (1, True)
    code, said = run("add", "--webhook", "https://example.com/", "--alert", "flood")
    assert (code, "source-silent" in said) == (1, True)
