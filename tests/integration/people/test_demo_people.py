"""The demo's people: made once, with a password that the data directory keeps."""

import stat
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask

from app.bootstrap import Container
from app.local.demo import people
from app.local.demo.operator import Operator
from app.local.demo.tenants import DemoTenant
from app.web.context import EXTENSION
from tests.stockline import Stockline


def test_they_are_made_once_and_sign_in_with_the_kept_password(
    portal: Flask, stockline: Stockline, tmp_path: Path
):
    container: Container = portal.extensions[EXTENSION]
    names = dict.fromkeys(one.tenant for one in people.PEOPLE)
    tenants = {name: DemoTenant(name, str(stockline.another().tenant_id), "") for name in names}

    password = people.settle(tmp_path, Operator(container), tenants)
    again = people.settle(tmp_path, Operator(container), tenants)

    assert again == password
    for one in people.PEOPLE:
        (account,) = container.entry.check(one.email, password, datetime.now(UTC))
        assert (account.user.role, account.user.platform) == (one.role, one.platform)
        assert str(account.user.tenant_id) == tenants[one.tenant].tenant_id
    assert {(one.role, one.platform) for one in people.PEOPLE} >= {
        ("owner", False),
        ("viewer", False),
        ("operator", True),
    }


def test_a_directorys_password_is_its_own_and_nobody_else_reads_it(tmp_path: Path):
    (tmp_path / "other").mkdir()
    password = people.password_of(tmp_path)

    assert len(password) >= 12
    assert people.password_of(tmp_path) == password != people.password_of(tmp_path / "other")
    assert stat.S_IMODE((tmp_path / people.FILE).stat().st_mode) == 0o600
