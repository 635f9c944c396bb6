"""scripts/run after the worst: everything killed, then the supervisor alone."""

from pathlib import Path

import psutil
import psycopg
import pytest

from tests.e2e.running import Running

pytestmark = pytest.mark.xdist_group("systems")


def add_tenant(system: Running) -> None:
    with psycopg.connect(system.ready["databaseUrl"]) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', true)")
        connection.execute("INSERT INTO tenant (name, type) VALUES ('kept', 'RETAIL')")


def tenants(system: Running) -> list[str]:
    with psycopg.connect(system.ready["databaseUrl"]) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', true)")
        return [name for (name,) in connection.execute("SELECT name FROM tenant").fetchall()]


def test_after_kill_9_the_next_start_has_every_committed_row(launch, data_dir: Path):
    killed = launch(data_dir)
    add_tenant(killed)
    killed.kill_everything()
    again = launch(data_dir)
    assert again.status() == 200
    assert tenants(again) == ["kept"]

    family = again.family()
    again.process.kill()
    again.process.wait()
    again.close()
    third = launch(data_dir)
    psutil.wait_procs(family, timeout=5)
    assert [one for one in family if one.is_running()] == []
    assert tenants(third) == ["kept"]
