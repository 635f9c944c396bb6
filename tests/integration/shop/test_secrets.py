"""A shop's secret is nowhere but encrypted in its own column: not in a table, a log or an answer."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import psycopg
import pytest
import structlog
from cryptography.fernet import Fernet
from psycopg import sql

from app.admin import main as admin
from app.local.engines import Engines
from app.telemetry import logs
from tests.shopkeeper import KEYS, Shopkeeper
from tests.stockline import until

SECRET = "shpss_5ecre7-0f-7he-merchan7"


@pytest.fixture
def logged(monkeypatch) -> Iterator[io.StringIO]:
    """Everything that is logged, at the chattiest level, whatever the processes ask for."""
    written, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr("sys.stderr", written)
        logs.configure("DEBUG")
    monkeypatch.setattr(logs, "configure", lambda *_: None)
    yield written
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def operator(shop: Shopkeeper, engines: Engines, monkeypatch, capsys) -> Callable:
    """`scripts/admin` over the same system; its exit code and all that it wrote."""
    settings = shop.container.settings
    named = {
        "DATABASE_URL": engines.app_url,
        "REDIS_URL": engines.redis_url,
        "BROKER_URL": engines.broker_url,
        "ENCRYPTION_KEYS": settings.encryption_keys,
        "PUBLIC_URL": settings.public_url,
        "SHOPIFY_URL_TEMPLATE": settings.shopify_url_template,
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, stdin: str = "", **environment: str) -> tuple[int, str, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = admin.main([*arguments])
        return code, *capsys.readouterr()

    return run


def rows(engines: Engines) -> str:
    """Every row of every table, as a dump would write them."""
    with psycopg.connect(engines.superuser_url, dbname="stockline") as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        ).fetchall()
        return "\n".join(
            str(row)
            for (table,) in tables
            for row in connection.execute(sql.SQL("SELECT t::text, to_jsonb(t)::text FROM {} t").format(sql.Identifier(table)))
        )  # fmt: skip


def test_no_table_log_or_answer_has_it(shop: Shopkeeper, operator, engines: Engines, logged):
    shop.act("rotateSecret", secret=SECRET)
    tenant = str(shop.tenant_id)
    connect = ["shopify", "connect", "--tenant", tenant, "--shop", shop.domain, "--client-id", "client"]
    said = [operator(*connect, stdin=f"{SECRET}\n"), operator(*connect, stdin="wrong\n")]
    said += [operator("shopify", verb, "--tenant", tenant) for verb in ("show", "test", "location")]
    given = {"shop": shop.domain, "clientId": "client", "clientSecret": SECRET}
    answers = [shop.request("PUT", "/connection", json=given), shop.request("GET", "/connection")]
    shop.sell("A")
    assert shop.push("A").succeeded == 1
    shop.act("setStock", sku="A", quantity=3)
    until(lambda: shop.server.simulator.post(shop.domain).waiting == 0, "the mail")
    shop.stockline.drain()
    assert [code for code, _, _ in said] == [0, 1, 0, 0, 0]
    assert [one.status_code for one in answers] == [200, 200]
    dump, log = rows(engines), str(said) + logged.getvalue()
    assert str(shop.tenant_id) in dump
    assert all(event in log for event in ("shop.connected", "webhook.done", "HTTP Request: POST"))
    for place in (dump, dump.encode().hex(), log, *(one.text for one in answers)):
        assert SECRET not in place
        assert SECRET.encode().hex() not in place


def test_the_drill_a_new_key_a_rotation_and_the_old_key_is_gone(shop: Shopkeeper, operator, engines: Engines):
    tenant = str(shop.tenant_id)
    shop.stockline.sql("DELETE FROM shopify_connection WHERE tenant_id <> %s", shop.tenant_id)
    newest = Fernet.generate_key().decode()
    assert json.loads(operator("secrets", "rotate", ENCRYPTION_KEYS=f"{newest},{KEYS}")[1]) == {"rotated": 1}
    assert (
        json.loads(operator("shopify", "test", "--tenant", tenant, ENCRYPTION_KEYS=newest)[1])["ok"] is True
    )
    locked = json.loads(operator("shopify", "test", "--tenant", tenant, ENCRYPTION_KEYS=KEYS)[1])
    assert locked["code"] == "encryption_unavailable"
    code, out, err = operator("secrets", "rotate", ENCRYPTION_KEYS="")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "ENCRYPTION_KEYS" in err


class TestTheCommandLine:
    def test_a_shop_is_connected_shown_changed_and_forgotten(self, shop: Shopkeeper, operator):
        tenant = ["--tenant", str(shop.tenant_id)]
        before = shop.container.connections.get(shop.tenant_id)
        shop.act("rotateSecret", secret=SECRET)
        code, out, err = operator(
            "shopify", "connect", *tenant, "--shop", shop.domain, "--client-id", "client", stdin=f"{SECRET}\n"
        )
        assert (code, err) == (0, "")
        assert json.loads(out) == {
            "connectionId": str(before.id),
            "webhookUrl": shop.container.connections.webhook_url(before),
            "location": {"id": before.location.id, "name": before.location.name},
            "missingScopes": [],
            "topicsNotSubscribed": [],
            "warning": None,
        }
        options = ["publish=true", "reservePercent=0", "pullIntervalS=3600"]
        changed = json.loads(operator("shopify", "set", *tenant, *options)[1])
        assert (changed["publish"], changed["reservePercent"], changed["pullIntervalS"]) == (True, 0, 3600)
        changed = json.loads(operator("shopify", "set", *tenant, "pullIntervalS=")[1])
        assert (changed["publish"], changed["pullIntervalS"]) == (True, None)
        assert json.loads(operator("shopify", "show", *tenant)[1]) == changed
        other = next(one.gid for one in shop.store.shop.locations.values() if one.gid != before.location.id)
        listed = json.loads(operator("shopify", "location", *tenant, "--set", other)[1])
        assert [one["id"] for one in listed if one["chosen"]] == [other]
        assert json.loads(operator("shopify", "disconnect", *tenant)[1]) == {"disconnected": True}
        assert operator("shopify", "show", *tenant)[0] == 1

    @pytest.mark.parametrize(
        ("deed", "given", "reason"),
        [("revokeApp", {}, "invalid_client"), ("leaveOrganisation", {}, "shop_not_permitted"),
         ("uninstallApp", {}, "app_not_installed")],
    )  # fmt: skip
    def test_why_a_shop_lets_nobody_in_is_told_by_its_code(
        self, shop: Shopkeeper, operator, deed, given, reason
    ):
        shop.act(deed, **given)
        named = ["--tenant", str(shop.tenant_id), "--shop", shop.domain, "--client-id", "client"]
        code, out, err = operator("shopify", "connect", *named, stdin="secret")
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert err.startswith(f"scripts/admin: {reason}: ")

    @pytest.mark.parametrize(
        ("arguments", "stdin", "reason"),
        [
            ("connect --tenant {tenant} --shop north.myshopify.com --client-id c", "", "client secret on stdin"),
            ("connect --tenant {tenant} --shop north.myshopify.com --client-id c", " \n", "client secret on stdin"),
            ("connect --tenant {tenant} --shop evil.example --client-id c", "s", "name.myshopify.com"),
            ("connect --tenant {tenant} --shop nobody.myshopify.com --client-id c", "s", "shop_not_found"),
            ("connect --tenant 12 --shop north.myshopify.com --client-id c", "s", "'12' is no id"),
            ("set --tenant {tenant} publish=yes", "", "publish=true|false"),
            ("set --tenant {tenant} reservePercent=91", "", "from 0 to 90"),
            ("set --tenant {tenant} pullIntervalS=59", "", "from 60 to 86400"),
            ("set --tenant {tenant} colour=red", "", "publish=true|false"),
            ("location --tenant {tenant} --set x", "", "no active location 'x'"),
        ],
    )  # fmt: skip
    def test_bad_input_is_one_line_and_exit_1(self, shop: Shopkeeper, operator, arguments, stdin, reason):
        code, out, err = operator("shopify", *arguments.format(tenant=shop.tenant_id).split(), stdin=stdin)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert reason in err
