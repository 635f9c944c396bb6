"""The operator's command line, as a shell sees it: stdout, stderr and the exit code."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import structlog

from app.admin import main as admin
from app.local.engines import Engines

pytestmark = pytest.mark.usefixtures("clean_database")
ROOT = Path(__file__).resolve().parents[2]
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def _logging_as_it_was():
    """The command line sends every log to its own stderr, which ends with the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def data_dir(engines: Engines, tmp_path, monkeypatch):
    """A data directory with the record that scripts/run leaves, and an environment that names no system."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    record = {
        "databaseUrl": engines.app_url,
        "databaseOwnerUrl": engines.owner_url,
        "redisUrl": engines.redis_url,
        "brokerUrl": engines.broker_url,
        "settings": {"LOG_LEVEL": "WARNING"},
    }
    (tmp_path / "system.json").write_text(json.dumps(record))
    return tmp_path


@pytest.fixture
def run(data_dir, capsys):
    """Run a command; its exit code, its JSON and its stderr."""

    def call(*arguments):
        code = admin.main(["--data-dir", str(data_dir), *map(str, arguments)])
        out, err = capsys.readouterr()
        assert out.count("\n") == (1 if code == 0 else 0)
        return code, json.loads(out) if out else None, err

    return call


@pytest.fixture
def ok(run):
    """Run a command that must succeed; its JSON."""

    def call(*arguments):
        code, answer, err = run(*arguments)
        assert (code, err) == (0, "")
        return answer

    return call


@pytest.fixture
def tenant(ok):
    return ok("tenant", "create", "--name", "Möto", "--type", "HYBRID")["tenantId"]


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return write


def test_a_tenant_from_creation_to_settings(ok):
    created = ok(
        "tenant", "create", "--name", "T", "--type", "RETAIL",
        "--allowed-domain", "a.example", "--allowed-domain", "b.example", "--low-stock-threshold", "3",
    )  # fmt: skip
    assert created.keys() >= {"tenantId", "apiKey"}
    assert created["apiKey"].startswith("pst_live_")
    tenant = created["tenantId"]
    shown = ok(
        "tenant", "set", "--tenant", tenant, "currency=SEK", "shrinkGuardPercent=40.5", "allowedDomains="
    )
    assert (shown["currency"], shown["shrinkGuardPercent"], shown["allowedDomains"]) == ("SEK", 40.5, [])
    assert shown["lowStockThreshold"] == 3
    assert ok("tenant", "deactivate", "--tenant", tenant)["active"] is False
    assert ok("tenant", "activate", "--tenant", tenant)["active"] is True


def test_a_key_is_made_and_revoked(ok, tenant):
    key = ok("key", "create", "--tenant", tenant, "--scope", "storefront")
    assert key.keys() == {"keyId", "apiKey"}
    assert ok("key", "revoke", "--key", key["keyId"])["keyId"] == key["keyId"]


def test_the_catalog_the_tenants_layer_and_its_aliases(ok, tenant, file):
    parts = file("parts.csv", "partNumber,name,brand\nA,Ä,B\nB,N,B\n,x,\n")
    assert ok("catalog", "import", parts) == {
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
        "refusedSample": [{"line": 4, "reason": "partNumber must not be empty"}],
    }
    activated = ok("catalog", "activate", "--tenant", tenant, "--brand", "B", "--part-number", "nope")
    assert (activated["created"], activated["refused"]) == (2, 1)
    assert ok("catalog", "activate", "--tenant", tenant, "--all")["unchanged"] == 2
    assert ok("catalog", "activate", "--tenant", tenant, "--part-number", "A", "B")["unchanged"] == 2
    each = ("--part-number", "A", "--part-number", "B")
    assert ok("catalog", "activate", "--tenant", tenant, *each)["unchanged"] == 2
    own = file("own.jsonl", '{"partNumber":"O","name":"Own","stock":3,"price":"1.50","tags":["x"]}\n')
    assert ok("part", "import", "--tenant", tenant, own)["created"] == 1
    items = file("items.csv", 'partNumber,stock,tags\nA,5,"x,y"\nO,4,\n')
    assert ok("item", "import", "--tenant", tenant, items)["updated"] == 2
    aliases = file("aliases.csv", "alias,partNumber\nX,A\n")
    assert ok("alias", "import", "--tenant", tenant, aliases)["created"] == 1
    assert ok("alias", "add", "--tenant", tenant, "--alias", "Y", "--part-number", "O")["created"] == 1


def test_a_dealer_is_created_linked_or_not(ok, run, tenant):
    other = ok("tenant", "create", "--name", "O", "--type", "RESELLER")["tenantId"]
    full = ok(
        "dealer", "create", "--tenant", tenant, "--name", "Shop", "--lat", "59.33", "--lng", "-18.06",
        "--address", "Gatan 1", "--city", "Umeå", "--postal-code", "903 26", "--country", "se",
        "--phone", "+46", "--website", "https://x.example", "--linked-tenant", other,
    )  # fmt: skip
    assert full.keys() == {"dealerId"}
    assert ok("dealer", "create", "--tenant", tenant, "--name", "Bare")["dealerId"] != full["dealerId"]


def test_a_dealer_is_changed_listed_and_taken_out_of_sight(ok, tenant):
    hours = '{"mon": [["09:00", "17:00"]]}'
    dealer = ok(
        "dealer", "create", "--tenant", tenant, "--name", "Shop", "--code", "S1",
        "--timezone", "Europe/Stockholm", "--opening-hours", hours,
    )["dealerId"]  # fmt: skip
    changed = ok("dealer", "set", "--dealer", dealer, "city=Umeå", "name=A=B", "code=")
    assert (changed["dealerId"], changed["city"], changed["name"], changed["code"]) == (
        dealer,
        "Umeå",
        "A=B",
        None,
    )
    assert changed["openingHours"] == json.loads(hours)
    assert ok("dealer", "deactivate", "--dealer", dealer)["active"] is False
    assert ok("dealer", "activate", "--dealer", dealer)["active"] is True
    ok("dealer", "create", "--tenant", tenant, "--name", "Åre")
    listed = ok("dealer", "list", "--tenant", tenant, "--limit", "1")
    assert ([one["name"] for one in listed["data"]], listed["more"]) == (["A=B"], True)
    assert ok("dealer", "list", "--tenant", tenant)["more"] is False


def test_dealers_are_imported_or_only_tried(ok, tenant, file):
    dealers = file("dealers.csv", "code,name,lat\nA,Ä,\nB,B,91\n")
    expected = {
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "refused": 1,
        "refusedSample": [{"line": 3, "reason": "lat must be degrees from -90 to 90"}],
    }
    assert ok("dealer", "import", "--tenant", tenant, dealers, "--dry-run") == expected
    assert ok("dealer", "import", "--tenant", tenant, dealers) == expected
    assert ok("dealer", "import", "--tenant", tenant, dealers)["unchanged"] == 1


def test_a_consent_is_set_on_a_resellers_behalf_listed_and_remembered(ok):
    reseller = ok("tenant", "create", "--name", "R", "--type", "RESELLER")["tenantId"]
    maker = ok("tenant", "create", "--name", "Möto", "--type", "MANUFACTURER")["tenantId"]
    pair = ("--reseller", reseller, "--manufacturer", maker)
    (before,) = ok("consent", "list", "--reseller", reseller)
    assert (before["name"], before["precision"], before["changedAt"]) == ("Möto", "NONE", None)
    given = ok("consent", "set", *pair)
    assert (given["resellerId"], given["manufacturerId"], given["precision"]) == (reseller, maker, "LEVEL")
    assert given["changedBy"].startswith("operator ")
    for precision in ("exact", "NONE"):
        assert ok("consent", "set", *pair, "--precision", precision)["precision"] == precision.upper()
    changes = ok("consent", "history", *pair)
    assert changes == ok("consent", "history", "--reseller", reseller)
    assert [(one["from"], one["to"]) for one in changes] == [
        ("EXACT", "NONE"),
        ("LEVEL", "EXACT"),
        ("NONE", "LEVEL"),
    ]
    assert {one["changedBy"] for one in changes} == {given["changedBy"]}
    assert ok("consent", "list", "--reseller", reseller)[0]["precision"] == "NONE"


def test_a_push_grant_is_set_on_a_resellers_behalf_listed_remembered_and_revoked(ok):
    reseller = ok("tenant", "create", "--name", "R", "--type", "RESELLER")["tenantId"]
    distributor = ok("tenant", "create", "--name", "Möto", "--type", "DISTRIBUTOR")["tenantId"]
    pair = ("--reseller", reseller, "--distributor", distributor)
    granted = ok("push-grant", "set", *pair, "--brand", "KTM", "--brand", "Öhlins")
    assert (granted.pop("resellerId"), granted["brands"]) == (reseller, ["KTM", "Öhlins"])
    assert granted["changedBy"].startswith("operator ")
    assert ok("push-grant", "list", "--reseller", reseller) == [granted]
    assert ok("push-grant", "revoke", *pair)["brands"] == []
    assert ok("push-grant", "list", "--reseller", reseller) == []
    changes = ok("push-grant", "history", *pair)
    assert changes == ok("push-grant", "history", "--reseller", reseller)
    assert [(one["brand"], one["granted"]) for one in changes[:1:-1]] == [("KTM", True), ("Öhlins", True)]
    assert {one["granted"] for one in changes[:2]} == {False}


def test_the_queues_and_the_dead_letters(ok, run):
    status = ok("queue", "status")
    assert status["feeds"] == {"ready": 0, "delayed": 0, "dead": 0, "oldestAgeS": 0.0}
    assert ok("dead-letter", "list") == []
    for action in ("replay", "discard"):
        code, _, err = run("dead-letter", action, NOBODY)
        assert code == 1
        assert NOBODY in err


def test_a_dead_letter_is_listed_with_its_reason_and_discarded_for_good(ok, engines, tenant):
    letter = str(uuid4())
    with psycopg.connect(engines.owner_url) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', true)")
        connection.execute(
            "INSERT INTO dispatch (id, actor, tenant_id, lane, seq, ring_after, state, attempts, last_error)"
            " VALUES (%s, 'feeds.apply', %s, 'l', 1, now(), 'dead', 3, 'ValueError: no')",
            (letter, tenant),
        )
    assert ok("queue", "status")["feeds"]["dead"] == 1
    (shown,) = ok("dead-letter", "list")
    assert (shown["id"], shown["actor"], shown["tenantId"]) == (letter, "feeds.apply", tenant)
    assert (shown["attempts"], shown["error"]) == (3, "ValueError: no")
    assert ok("dead-letter", "discard", letter, letter) == {"discarded": [letter]}
    assert ok("dead-letter", "list") == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("tenant create --name T --type SHOP", "STANDARD, MANUFACTURER"),
        ("tenant create --name T --type RETAIL --allowed-domain *", "is not a domain"),
        ("tenant create --name T --type RETAIL --low-stock-threshold x", "lowStockThreshold"),
        (f"tenant deactivate --tenant {NOBODY}", f"there is no tenant {NOBODY}"),
        ("tenant deactivate --tenant 12", "'12' is no id"),
        ("tenant set --tenant {tenant} colour=red", "allowedDomains, lowStockThreshold"),
        ("tenant set --tenant {tenant} feedWaitS=61", "feedWaitS: '61' is not a number from 0 to 60"),
        ("key create --tenant {tenant} --scope admin", "storefront, integrations"),
        (f"key revoke --key {NOBODY}", "there is no key"),
        ("catalog import /nowhere.csv", "/nowhere.csv cannot be read"),
        ("catalog import /", "cannot be read"),
        ("catalog activate --tenant {tenant}", "--all, --brand B or --part-number P"),
        ("catalog activate --tenant {tenant} --part-number nope", "no part of the central catalog"),
        (f"catalog activate --tenant {NOBODY} --all", "there is no tenant"),
        ("alias add --tenant {tenant} --alias X --part-number nope", "no activated part"),
        ("consent set --reseller {tenant} --manufacturer {tenant}", "needs no consent"),
        (f"consent set --reseller {{tenant}} --manufacturer {NOBODY}", "there is no active tenant"),
        (f"push-grant set --reseller {{tenant}} --distributor {NOBODY} --brand B", "no active distributor"),
        (f"consent set --reseller {{tenant}} --manufacturer {NOBODY} --precision SOME", "EXACT, LEVEL, NONE"),
        (f"consent list --reseller {NOBODY}", "there is no tenant"),
        ("consent history --reseller {tenant} --manufacturer 12", "'12' is no id"),
        (f"dealer create --tenant {NOBODY} --name D", "there is no tenant"),
        (f"dealer create --tenant {{tenant}} --name D --linked-tenant {NOBODY}", "there is no tenant"),
        ("dealer create --tenant {tenant} --name D --lat 1", "lat and lng belong together"),
        ("dealer create --tenant {tenant} --name D --lat 91 --lng 0", "lat must be degrees from -90 to 90"),
        ("dealer create --tenant {tenant} --name D --lat nan --lng 0", "lat must be degrees"),
        ("dealer create --tenant {tenant} --name D --country UK", "the United Kingdom is GB"),
        ("dealer create --tenant {tenant} --name D --website x", "website must be an http"),
        ("dealer create --tenant {tenant} --name D --opening-hours {{}} --timezone x", "timezone must be"),
        ("dealer create --tenant {tenant} --name D --opening-hours [", "openingHours cannot be read"),
        (f"dealer set --dealer {NOBODY} name=N", f"there is no dealer {NOBODY}"),
        (f"dealer set --dealer {NOBODY} colour=red", "code, name, address"),
        ("dealer deactivate --dealer 12", "'12' is no id"),
        (f"dealer list --tenant {NOBODY}", "there is no tenant"),
        ("dealer list --tenant {tenant} --limit 0", "--limit must be 1 or more"),
        (f"dealer import --tenant {NOBODY} /nowhere.csv", "/nowhere.csv cannot be read"),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_exit_1(run, tenant, arguments, reason):
    code, answer, err = run(*arguments.format(tenant=tenant).split())
    assert (code, answer) == (1, None)
    assert reason in err
    assert err.count("\n") == 1


def test_unknown_columns_refuse_the_file(run, file):
    code, _, err = run("catalog", "import", file("f.csv", "partNumber,colour\nA,red\n"))
    assert code == 1
    assert "unknown columns 'colour'" in err


@pytest.mark.parametrize(
    "arguments",
    [
        "",
        "tenant",
        "tenant create",
        "tenant create --name T",
        "nonsense",
        "catalog import",
        "dead-letter replay",
    ],
)
def test_a_wrong_command_line_is_usage_and_exit_2(data_dir, capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        admin.main(arguments.split())
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage: scripts/admin" in err


def test_without_a_system_the_mend_is_named(data_dir, capsys):
    (data_dir / "system.json").unlink()
    assert admin.main(["--data-dir", str(data_dir), "queue", "status"]) == 1
    assert "scripts/run" in capsys.readouterr().err


def test_a_broken_record_is_said_to_be_broken(data_dir, capsys):
    (data_dir / "system.json").write_text("{")
    assert admin.main(["--data-dir", str(data_dir), "queue", "status"]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_a_database_that_is_away_is_one_line(data_dir, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:a@127.0.0.1:1/none")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert admin.main(["queue", "status"]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_a_database_without_the_schema_is_told_how_to_get_it(data_dir, engines, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", engines.superuser_url.rpartition("/")[0] + "/template1")
    monkeypatch.setenv("REDIS_URL", engines.redis_url)
    assert admin.main(["queue", "status"]) == 1
    assert "app.adapters.postgres.migrate" in capsys.readouterr().err


def test_the_environment_names_the_system_before_the_data_directory(data_dir, engines, monkeypatch, run):
    record = json.loads((data_dir / "system.json").read_text())
    record["databaseUrl"] = "postgresql://app:a@127.0.0.1:1/none"
    (data_dir / "system.json").write_text(json.dumps(record))
    monkeypatch.setenv("DATABASE_URL", engines.app_url)
    monkeypatch.setenv("REDIS_URL", engines.redis_url)
    assert run("queue", "status")[0] == 0


def test_redis_being_away_does_not_stop_the_operator(data_dir, monkeypatch, engines, capsys):
    monkeypatch.setenv("DATABASE_URL", engines.app_url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    assert admin.main(["tenant", "create", "--name", "T", "--type", "RETAIL"]) == 0
    tenant = json.loads(capsys.readouterr().out)["tenantId"]
    assert admin.main(["tenant", "set", "--tenant", tenant, "currency=SEK"]) == 0
    assert json.loads(capsys.readouterr().out)["currency"] == "SEK"


def test_it_runs_as_a_module_of_its_own(data_dir):
    command = [sys.executable, "-m", "app.admin.main", "--data-dir", str(data_dir), "tenant", "create"]
    done = subprocess.run(
        [*command, "--name", "Umeå", "--type", "RETAIL"],
        cwd=ROOT,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout).keys() >= {"tenantId", "apiKey"}
