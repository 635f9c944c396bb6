"""A pool that has no connection left: an honest error, and nothing is lost."""

import pytest

from app.adapters.postgres import unit_of_work
from app.adapters.postgres.unit_of_work import UnitOfWork, engine_for
from app.domain.errors import DatabaseDownError
from app.local.engines import Engines


def test_whoever_finds_no_connection_free_is_told_to_come_back(engines: Engines, monkeypatch):
    real = unit_of_work.create_engine
    impatient = {"max_overflow": 0, "pool_timeout": 0.05}
    monkeypatch.setattr(unit_of_work, "create_engine", lambda url, **given: real(url, **given | impatient))
    unit = UnitOfWork(engine_for(engines.app_url, pool_size=1, application_name="test"))
    with unit.platform(), pytest.raises(DatabaseDownError), unit.platform():
        pass
    with unit.platform() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1
    unit.engine.dispose()
