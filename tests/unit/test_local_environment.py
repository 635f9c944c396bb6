"""Whose word counts: the option's, then the caller's environment's, then the default."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.local.credentials import KEYS_FILE
from app.local.environment import of_settings, resolved, wishes
from app.local.errors import LocalError
from app.local.options import Options
from app.local.ports import free_port
from app.local.record import MARK


def options(data_dir: Path, **changes) -> Options:
    return Options(
        **{"demo": False, "once": False, "port": 0, "workers": None, "data_dir": data_dir, **changes}
    )


def test_options_win_over_the_environment(tmp_path: Path):
    port = free_port()
    wished = wishes(options(tmp_path, port=port, workers=3), {"PORT": "1", "WORKER_PROCESSES": "9"})
    assert (wished.port, wished.settings.worker_processes) == (port, 3)


def test_the_environment_wins_over_our_defaults(tmp_path: Path):
    caller = {"METRICS_DIR": "/elsewhere", "WEB_THREADS": "7", "OUTBOUND_ALLOW_HOSTS": "shop.test"}
    settings, environ = resolved(wishes(options(tmp_path), caller | _servers()), None)
    assert (settings.metrics_dir, settings.web_threads) == ("/elsewhere", 7)
    assert environ["OUTBOUND_ALLOW_HOSTS"] == "shop.test"
    assert environ[MARK] == str(tmp_path)


def test_named_servers_need_no_engine(tmp_path: Path):
    wished = wishes(options(tmp_path), _servers())
    assert not wished.needs_postgres
    assert not wished.needs_valkey


def test_an_empty_variable_names_no_server(tmp_path: Path):
    assert wishes(options(tmp_path), {"DATABASE_URL": "", "REDIS_URL": ""}).needs_postgres


def test_a_broker_alone_leaves_the_cache_to_us(tmp_path: Path):
    assert wishes(options(tmp_path), {"BROKER_URL": "amqp://guest@localhost/"}).needs_valkey


def test_a_directory_has_encryption_keys_of_its_own_that_stay_and_that_nobody_else_reads(tmp_path: Path):
    first, again = (wishes(options(tmp_path), _servers()).own["ENCRYPTION_KEYS"] for _ in range(2))
    assert first == again
    assert Fernet(first)
    assert (tmp_path / KEYS_FILE).stat().st_mode & 0o777 == 0o600


def test_keys_that_the_environment_names_win_and_none_are_made(tmp_path: Path):
    named = Fernet.generate_key().decode()
    settings, _ = resolved(wishes(options(tmp_path), {"ENCRYPTION_KEYS": named} | _servers()), None)
    assert settings.encryption_keys == named
    assert not (tmp_path / KEYS_FILE).exists()


@pytest.mark.parametrize("caller", [{}, {"PUBLIC_URL": "https://stock.example"}])
def test_the_public_url_is_the_callers_or_where_it_serves(tmp_path: Path, caller: dict[str, str]):
    settings, environ = resolved(wishes(options(tmp_path), caller | _servers()), None)
    assert environ["PUBLIC_URL"] == caller.get("PUBLIC_URL", f"http://127.0.0.1:{settings.port}")


def test_a_wrong_value_is_told_before_anything_starts(tmp_path: Path):
    with pytest.raises(LocalError, match="REDIS_URL: must be redis://"):
        wishes(options(tmp_path), {"REDIS_URL": "localhost:6379"})


def test_the_record_holds_settings_and_nothing_else_of_the_environment():
    assert of_settings({"PORT": "1", "AWS_SECRET": "x", "REDIS_URL": ""}) == {"PORT": "1"}


def _servers() -> dict[str, str]:
    return {"DATABASE_URL": "postgresql://a@b/c", "REDIS_URL": "redis://b/0"}
