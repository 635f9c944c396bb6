"""Where the engines' data lies when their user may not reach the data directory."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.local import engines
from app.local.account import Account
from app.local.places import PACKAGES, Binaries, binaries_for, engine_home

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the engines to another user")


@pytest.fixture
def open_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Like /var/tmp, but this test's own."""
    place = Path(tempfile.mkdtemp(prefix="stockline-test-", dir="/var/tmp"))
    place.chmod(0o1777)
    monkeypatch.setattr("app.local.places.OPEN_PLACE", place)
    yield place
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A directory that only root may enter."""
    tmp_path.chmod(0o700)
    return tmp_path


def test_a_closed_data_directory_has_its_engines_in_an_open_place(open_place: Path, closed: Path):
    with engines.running(closed / "data", durable=False) as pair:
        assert pair.postgres.home.parent == open_place
        assert pair.postgres.data.stat().st_uid == Account.for_engines().uid
        assert pair.postgres.data.stat().st_mode & 0o077 == 0
        with psycopg.connect(pair.app_url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("stockline_app",)


def test_a_deleted_data_directory_never_comes_back_with_its_old_rows(open_place: Path, closed: Path):
    account = Account.for_engines()
    old = engine_home(closed, "first", account)
    (old / "rows").touch()
    assert engine_home(closed, "first", account) == old
    new = engine_home(closed, "second", account)
    assert new != old
    assert not old.exists()


def test_a_closed_environment_has_its_binaries_copied_once(
    open_place: Path, closed: Path, monkeypatch: pytest.MonkeyPatch
):
    account = Account.for_engines()
    installed = binaries_for(account).root
    for package in PACKAGES:
        (closed / package).parent.mkdir(parents=True, exist_ok=True)
        (closed / package).symlink_to(installed / package)
    monkeypatch.setattr("app.local.places._site_packages", lambda: closed)
    assert not Binaries(closed).open_to(account)
    copied = binaries_for(account)
    assert copied.root.parent == open_place
    assert copied.open_to(account)
    assert binaries_for(account) == copied
