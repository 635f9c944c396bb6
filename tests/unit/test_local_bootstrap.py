"""scripts/bootstrap.py before there is an environment: what it turns away, and when it is done."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module, pointed at an empty checkout."""
    spec = importlib.util.spec_from_file_location("scripts_bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(module, "MARKER", tmp_path / ".venv" / ".installing")
    monkeypatch.setattr(sys, "argv", ["scripts/run"])
    for name in (module.RUNTIME, module.DEVELOPMENT):
        (tmp_path / name).write_text(name)
    return module


@pytest.fixture
def commands(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been run; making a venv makes its interpreter."""
    ran: list[str] = []

    def run(command, _lock, _name):
        ran.append(command[2])
        if command[2] == "venv":
            bootstrap.PYTHON.parent.mkdir()
            bootstrap.PYTHON.symlink_to(sys.executable)

    monkeypatch.setattr(bootstrap, "_run", run)
    monkeypatch.setattr(bootstrap, "_has_pip", bootstrap.PYTHON.exists)
    return ran


def test_an_old_python_is_turned_away_in_one_line(bootstrap, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"^scripts/run: Python 3.11 or newer is needed"):
        bootstrap.enter("app.local.main")


def test_a_python_without_ensurepip_is_told_the_package_to_install(bootstrap, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(SystemExit, match=r"no ensurepip: install it \(Debian: apt-get install python3"):
        bootstrap.enter("app.local.main")


def test_the_first_run_makes_and_installs_and_the_second_does_nothing(bootstrap, commands):
    bootstrap._make_current(bootstrap.RUNTIME, "scripts/run")
    bootstrap._make_current(bootstrap.RUNTIME, "scripts/run")
    assert commands == ["venv", "pip"]
    assert bootstrap._is_current(bootstrap.RUNTIME)
    assert not bootstrap._is_current(bootstrap.DEVELOPMENT)


def test_the_developers_environment_serves_the_system_too(bootstrap, commands):
    bootstrap._make_current(bootstrap.DEVELOPMENT, "scripts/test")
    assert bootstrap._is_current(bootstrap.RUNTIME)


def test_changed_requirements_are_installed_into_the_same_environment(bootstrap, commands, tmp_path):
    bootstrap._make_current(bootstrap.RUNTIME, "scripts/run")
    (tmp_path / bootstrap.RUNTIME).write_text("another")
    bootstrap._make_current(bootstrap.RUNTIME, "scripts/run")
    assert commands == ["venv", "pip", "pip"]


def test_what_a_killed_install_left_is_made_anew(bootstrap, commands):
    bootstrap._make_current(bootstrap.RUNTIME, "scripts/run")
    bootstrap._stamp(bootstrap.RUNTIME).unlink()
    (bootstrap.VENV / "half").mkdir()
    bootstrap.MARKER.touch()
    bootstrap._make_current(bootstrap.RUNTIME, "scripts/run")
    assert commands == ["venv", "pip", "venv", "pip"]
    assert not (bootstrap.VENV / "half").exists()
    assert not bootstrap.MARKER.exists()


def test_a_failed_command_shows_its_own_words_and_leaves_the_marker(bootstrap, monkeypatch):
    said = "import sys; print('WARNING: Location x is ignored'); sys.exit('ERROR: no such hash')"
    monkeypatch.setattr(bootstrap, "_make_venv", lambda *_: None)
    run = bootstrap._run
    monkeypatch.setattr(
        bootstrap, "_run", lambda _, lock, name: run([sys.executable, "-c", said], lock, name)
    )
    with pytest.raises(bootstrap.SetupError, match="ERROR: no such hash") as told:
        bootstrap._make_current(bootstrap.RUNTIME, "scripts/run")
    assert "WARNING" not in str(told.value)
    assert bootstrap.MARKER.exists()


def test_a_directory_that_cannot_be_written_is_told_with_its_mend(bootstrap, monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "VENV", Path("/proc/nowhere"))
    with pytest.raises(bootstrap.SetupError, match=r"cannot write /proc/nowhere .*owner of"):
        bootstrap._make_current(bootstrap.RUNTIME, "scripts/run")


@pytest.mark.parametrize("script", ["run", "test", "admin", "bench", "chaos"])
def test_every_script_is_an_executable_for_any_python3(script: str):
    path = ROOT / "scripts" / script
    assert path.stat().st_mode & 0o111 == 0o111
    assert path.read_text().startswith("#!/usr/bin/env python3\n")
