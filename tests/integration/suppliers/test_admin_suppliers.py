"""`scripts/admin supplier …` against a source that really listens."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app.admin import main as admin
from app.local.engines import Engines
from tests.shops import KEY
from tests.stockline import Stockline

STOCK = {"A": 3, "B": 0}


class _Shelf(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.headers["X-Key"] != "s3cret":
            self.send_response(401)
            self.end_headers()
            return
        body = json.dumps([{"nr": sku, "free": free} for sku, free in STOCK.items()]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Shelf)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/stock"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def operator(engines: Engines, monkeypatch, capsys):
    """A command's exit code and what it printed."""
    for name, value in {
        "DATABASE_URL": engines.app_url,
        "REDIS_URL": engines.redis_url,
        "BROKER_URL": engines.broker_url,
        "ENCRYPTION_KEYS": KEY,
        "OUTBOUND_ALLOW_HOSTS": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("app.telemetry.logs.configure", lambda level: None)

    def run(*arguments: object):
        code = admin.main([str(one) for one in arguments])
        told = capsys.readouterr()
        return code, json.loads(told.out) if code == 0 else told.err

    return run


@pytest.fixture
def file(tmp_path, url):
    def write(**changes):
        path = tmp_path / "north.json"
        document = {
            "code": "north",
            "name": "North",
            "url": url,
            "format": "json",
            "auth": {"type": "apiKey", "header": "X-Key", "value": "s3cret"},
            "fields": {"sku": "nr", "quantity": "free"},
        }
        path.write_text(json.dumps(document | changes))
        return path

    return write


def test_a_supplier_is_described_read_and_shown(operator, file, stockline: Stockline):
    code, applied = operator("supplier", "apply", "--tenant", stockline.tenant_id, file())
    assert (code, list(applied)) == (0, ["supplierId"])
    poll = operator("supplier", "poll", "--supplier", applied["supplierId"])[1]
    assert (poll["outcome"], poll["status"], poll["rows"], poll["changed"]) == ("applied", 200, 2, 2)
    shown = operator("supplier", "show", "--supplier", applied["supplierId"])[1]
    assert (shown["code"], shown["state"]) == ("north", "ok")
    assert (
        operator("supplier", "list", "--tenant", stockline.tenant_id)[1][0]["supplierId"]
        == shown["supplierId"]
    )
    again = operator("supplier", "poll", "--supplier", applied["supplierId"])[1]
    assert again["outcome"] == "unchanged"
    assert len(operator("supplier", "polls", "--supplier", applied["supplierId"])[1]) == 2
    off = operator("supplier", "deactivate", "--supplier", applied["supplierId"])[1]
    assert (off["active"], off["nextPollAt"]) == (False, None)
    assert operator("supplier", "poll", "--supplier", applied["supplierId"])[0] == 1
    assert operator("supplier", "activate", "--supplier", applied["supplierId"])[1]["active"] is True


def test_a_refusal_is_the_polls_record(operator, file, stockline: Stockline):
    wrong = {"type": "apiKey", "header": "X-Key", "value": "guess"}
    applied = operator("supplier", "apply", "--tenant", stockline.tenant_id, file(auth=wrong))[1]
    poll = operator("supplier", "poll", "--supplier", applied["supplierId"])[1]
    assert (poll["outcome"], poll["status"]) == ("failed", 401)
    assert "unauthorized" in poll["error"]


def test_a_tenant_that_is_activated_again_is_read_at_once(operator, file, stockline: Stockline):
    applied = operator("supplier", "apply", "--tenant", stockline.tenant_id, file())[1]
    operator("supplier", "poll", "--supplier", applied["supplierId"])
    assert operator("tenant", "deactivate", "--tenant", stockline.tenant_id)[0] == 0
    assert operator("supplier", "poll", "--supplier", applied["supplierId"])[0] == 1
    assert operator("tenant", "activate", "--tenant", stockline.tenant_id)[0] == 0
    due = stockline._value(
        "SELECT not_before <= clock_timestamp() FROM dispatch WHERE id = %s", applied["supplierId"]
    )
    assert due is True


def test_what_is_wrong_in_a_file_is_one_line(operator, file, tmp_path, stockline: Stockline):
    code, error = operator("supplier", "apply", "--tenant", stockline.tenant_id, file(intervalS=1))
    assert code == 1
    assert "intervalS" in error
    assert operator("supplier", "apply", "--tenant", stockline.tenant_id, tmp_path / "none.json")[0] == 1


def test_secrets_go_to_the_newest_key(operator, file, stockline: Stockline, monkeypatch):
    applied = operator("supplier", "apply", "--tenant", stockline.tenant_id, file())[1]
    newest = "bmV3ZXN0LWtleS1vZi10aGUtdGVzdHMtMDEyMzQ1Njc="
    monkeypatch.setenv("ENCRYPTION_KEYS", f"{newest},{KEY}")
    assert operator("secrets", "rotate")[1]["rotated"] >= 1
    monkeypatch.setenv("ENCRYPTION_KEYS", newest)
    assert operator("supplier", "poll", "--supplier", applied["supplierId"])[1]["outcome"] == "applied"
