"""Fixtures around `tests.desk`, for the conftest of whoever wants them."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from app.local.engines import Engines
from app.settings import Settings
from tests.desk import Desk


@pytest.fixture
def open_desk(engines: Engines, settings: Settings, clean_database: None) -> Iterator[Callable[..., Desk]]:
    """Opens systems with a tenant in them; their connections end with the test."""
    opened: list[Desk] = []
    with psycopg.connect(engines.owner_url, autocommit=True) as owner:
        owner.execute("SELECT set_config('app.platform', 'on', false)")

        def open_one(items: int = 3, **changes: Any) -> Desk:
            opened.append(Desk.open(settings, owner, items, **changes))
            return opened[-1]

        yield open_one
    for desk in opened:
        desk.container.close()
