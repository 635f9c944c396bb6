"""scripts/run where the machine is not the usual one: real servers, another user, wrong settings."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from app.local.account import Account
from app.local.engines import Engines
from tests.e2e.running import ROOT, command, environment

pytestmark = pytest.mark.xdist_group("systems")


@pytest.mark.usefixtures("clean_database")
def test_real_servers_in_the_environment_are_used_and_none_is_started(
    launch, data_dir: Path, engines: Engines
):
    system = launch(
        data_dir,
        env=environment(
            DATABASE_URL=engines.app_url, DATABASE_OWNER_URL=engines.owner_url, REDIS_URL=engines.redis_url
        ),
    )
    assert system.ready["databaseUrl"] == engines.app_url
    assert system.ready["redisUrl"] == engines.redis_url
    assert system.record["brokerUrl"] == engines.broker_url
    assert not {"postgres", "valkey"} & set(system.record["pids"])
    assert system.status() == 200
    assert system.stop() == 0
    psycopg.connect(engines.app_url).close()
    with redis.Redis.from_url(engines.redis_url) as client:
        assert client.ping()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"DATABASE_URL": "mysql://x"}, "DATABASE_URL: must be postgresql://"),
        ({"PORT": "http"}, "PORT: "),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/x"}, "cannot reach the database"),
    ],
)
def test_a_wrong_setting_is_one_clear_line(changes: dict[str, str], words: str, data_dir: Path):
    told = subprocess.run(
        command("--no-demo", "--data-dir", str(data_dir)),
        env=environment(**changes),
        capture_output=True,
        text=True,
        check=False,
    )
    complaint = [line for line in told.stderr.splitlines() if line.startswith("scripts/run:")]
    assert told.returncode == 1
    assert len(complaint) == 1
    assert words in complaint[0]
    assert told.stdout == ""


def test_a_data_directory_of_somebody_else_is_one_clear_line():
    told = subprocess.run(
        command("--no-demo", "--data-dir", "/proc/nowhere"), capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert told.stderr.startswith("scripts/run: cannot write to /proc/nowhere")
    assert told.stderr.count("\n") == 1


def test_a_wrong_argument_is_a_usage_error():
    told = subprocess.run(command("--port", "web"), capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert "'web' is not a port number" in told.stderr


@pytest.mark.slow
@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become somebody else; the other tests ran as not-root"
)
def test_another_user_starts_from_a_bare_checkout_in_a_path_with_spaces(data_dir: Path):
    """Installs everything: the environment is made by that user's own Python."""
    account = Account.for_engines()
    python = next(
        one
        for one in (getattr(sys, "_base_executable", ""), "/usr/local/bin/python3", "/usr/bin/python3")
        if account.can_run(one, "-c", "import sys, ensurepip; assert sys.version_info >= (3, 11)")
    )
    checkout = data_dir / "check out"
    names = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard", "app", "scripts", "requirements*.txt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in names.stdout.split("\0")[:-1]:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    for path in (data_dir, checkout, *checkout.rglob("*")):
        account.own(path)
    done = subprocess.run(
        [python, str(checkout / "scripts" / "run"), "--once", "--no-demo", "--port", "0"],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "WEB_CONCURRENCY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (checkout / ".stockline" / "engines" / "postgres-18").stat().st_uid == account.uid
