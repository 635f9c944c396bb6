"""What lies in a data directory between starts, and who may read it."""

import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app.local import record
from app.local.credentials import Credentials
from app.local.errors import LocalError
from app.local.lock import sole_user_of

FOREVER = (sys.executable, "-c", "import signal; signal.pause()")


def test_passwords_are_kept_for_the_next_start_and_private(tmp_path: Path):
    made = Credentials.of(tmp_path)
    made.on(1, 2).save(tmp_path)
    assert Credentials.of(tmp_path) == made.on(1, 2)
    assert (tmp_path / "engines.json").stat().st_mode & 0o777 == 0o600


def test_two_data_directories_share_no_password(tmp_path: Path):
    assert Credentials.of(tmp_path) != Credentials.of(tmp_path)


def test_a_data_directory_has_one_user_at_a_time(tmp_path: Path):
    with sole_user_of(tmp_path), pytest.raises(LocalError, match="already runs"), sole_user_of(tmp_path):
        pass
    with sole_user_of(tmp_path):
        pass


def test_recorded_orphans_are_ended_and_strangers_under_their_number_are_not(tmp_path: Path):
    orphan = subprocess.Popen(FOREVER, start_new_session=True)
    stranger = subprocess.Popen(FOREVER, start_new_session=True)
    record.write(tmp_path, {}, {"web": orphan.pid, "clock": stranger.pid})
    file = tmp_path / record.FILE
    content = json.loads(file.read_text())
    content["processes"]["clock"]["createTime"] -= 3600
    file.write_text(json.dumps(content))
    try:
        record.end_orphans(tmp_path)
        assert orphan.poll() is not None
        assert psutil.pid_exists(stranger.pid)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_missing_or_torn_record_names_no_orphans(tmp_path: Path):
    record.end_orphans(tmp_path)
    (tmp_path / record.FILE).write_text('{"processes": ')
    record.end_orphans(tmp_path)
