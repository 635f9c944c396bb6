"""scripts/run --no-demo: it starts, says so in one line, serves, mends itself and stops."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from tests.e2e.running import ROOT, Running, command, environment, eventually, start

pytestmark = pytest.mark.xdist_group("systems")
NAMES = (
    *("postgres", "valkey", "shopify-simulator", "web", "worker-feeds-1", "worker-push", "worker-suppliers"),
    *("worker-background", "clock"),
)


@pytest.fixture(scope="module")
def system() -> Iterator[Running]:
    parent = Path(tempfile.mkdtemp(prefix="stockline-e2e-", dir="/var/tmp"))
    parent.chmod(0o755)
    running = start(parent / "data dir")
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(parent, ignore_errors=True)


def test_the_line_on_stdout_names_everything_a_caller_needs(system: Running):
    assert set(system.ready) == {"ready", "url", "databaseUrl", "redisUrl", "shopifySimulatorUrl"}
    assert system.ready["ready"] is True
    assert urllib.request.urlopen(system.ready["shopifySimulatorUrl"]).status == 200
    assert system.status("/readyz") == 200
    psycopg.connect(system.ready["databaseUrl"]).close()
    with redis.Redis.from_url(system.ready["redisUrl"]) as client:
        assert client.ping()


def test_the_record_is_private_and_names_addresses_and_processes(system: Running):
    record = system.record
    assert (system.data_dir / "system.json").stat().st_mode & 0o077 == 0
    assert set(record["pids"]) == {"supervisor", *NAMES}
    for name in ("databaseUrl", "databaseOwnerUrl", "redisUrl", "brokerUrl", "url", "settings"):
        assert record[name]


def test_its_processes_do_not_hold_the_owners_password(system: Running):
    web = psutil.Process(system.record["pids"]["web"])
    assert "DATABASE_OWNER_URL" not in web.environ()


def test_the_demo_tells_what_happened_and_may_be_run_again(system: Running):
    for tenants, consents in (
        ("Boreal Sleds Oy, Nordlys Powersport and 38 resellers\n", 72),
        ("Nordlys Powersport and 38 resellers (of an earlier run)\n", 0),
    ):
        demo = [sys.executable, "-m", "app.local.demo", "--data-dir", str(system.data_dir)]
        told = subprocess.run(demo, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        assert tenants in told.stdout
        assert "sent 20,000 rows: HTTP 200" in told.stdout
        assert "Network: 200 dealers in 28 countries" in told.stdout
        assert f"38 resellers gave {consents} new consents" in told.stdout
        assert "Kestrel Motor Works's visitor in Munich finds DEMO-00001 at " in told.stdout
        assert f"Stockline is up at {system.ready['url']}" in told.stdout


def test_a_demo_that_meets_an_error_says_so_and_fails(system: Running, tmp_path: Path):
    closed = {"url": "http://127.0.0.1:9", "settings": {}}
    (tmp_path / "system.json").write_text(json.dumps(closed))
    demo = [sys.executable, "-m", "app.local.demo", "--data-dir", str(tmp_path)]
    told = subprocess.run(demo, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith("demo: ")


def test_a_commit_is_on_the_disk_before_it_is_answered(system: Running):
    with psycopg.connect(system.ready["databaseUrl"]) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)


def test_a_second_one_on_the_same_data_directory_is_turned_away(system: Running):
    told = subprocess.run(
        command("--no-demo", "--data-dir", str(system.data_dir)), capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stdout == ""
    assert told.stderr.count("\n") == 1
    assert "already runs" in told.stderr
    assert "--data-dir" in told.stderr


def test_a_taken_port_is_named_with_its_mend(system: Running, data_dir: Path):
    port = system.ready["url"].rsplit(":", 1)[1]
    told = subprocess.run(
        command("--no-demo", "--port", port, "--data-dir", str(data_dir)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert told.stderr == f"scripts/run: port {port} is taken: name another with --port\n"


def test_two_copies_live_side_by_side_and_ctrl_c_ends_one_with_all_its_processes(
    system: Running, launch, data_dir: Path
):
    other = launch(data_dir)
    assert other.status() == system.status() == 200
    assert other.ready["url"] != system.ready["url"]
    assert other.ready["databaseUrl"] != system.ready["databaseUrl"]
    assert other.ready["redisUrl"] != system.ready["redisUrl"]
    family = other.family()
    assert other.stop(signal.SIGINT) == 0
    assert [one for one in family if one.is_running()] == []
    assert not (data_dir / "system.json").exists()
    assert system.status() == 200


SERVES_S_MAX = 30.0
"""Until what was started again serves: two seconds on a machine of one's own, several beside other tests."""


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_process_is_there_again_within_5_s(system: Running, name: str):
    before = system.record["pids"][name]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: system.record["pids"][name] != before, 5)
    eventually(lambda: system.status() == 200, SERVES_S_MAX)


def test_postgresql_is_there_again_though_a_backend_of_the_dead_one_is_busy(system: Running):
    busy = psycopg.connect(system.ready["databaseUrl"], autocommit=True)
    busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 4000000000)")
    before = system.record["pids"]["postgres"]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: system.record["pids"]["postgres"] != before, 5)
    eventually(lambda: system.status() == 200, SERVES_S_MAX)
    busy.close()


def test_once_starts_and_stops(data_dir: Path):
    done = subprocess.run(
        command("--once", "--no-demo", "--port", "0", "--workers", "1", "--data-dir", str(data_dir)),
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ready"] is True
