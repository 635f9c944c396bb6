"""The Procfile and the processes of scripts/run are the same commands."""

import shlex
from pathlib import Path

from app.local import processes
from app.settings import Settings

PROCFILE = Path(__file__).resolve().parents[2] / "Procfile"
SETTINGS = Settings(database_url="postgresql://x", redis_url="redis://x")
VARIABLES = {
    "$PORT": "5000",
    "${WEB_CONCURRENCY:-2}": str(SETTINGS.web_concurrency),
    "$((${WEB_THREADS:-32}+${WEB_STREAMS:-32}))": str(SETTINGS.web_threads + SETTINGS.web_streams),
    "${WORKER_PROCESSES:-2}": str(SETTINGS.worker_processes),
    "${WORKER_THREADS:-4}": str(SETTINGS.worker_threads),
    "${PUSH_THREADS:-16}": str(SETTINGS.push_threads),
    "${SUPPLIER_THREADS:-8}": str(SETTINGS.supplier_threads),
}


def procfile() -> dict[str, tuple[str, ...]]:
    entries = dict(line.split(": ", 1) for line in PROCFILE.read_text().splitlines())
    return {
        name: tuple(VARIABLES.get(word, word) for word in shlex.split(text)[1:])
        for name, text in entries.items()
    }


def test_the_procfile_has_the_commands_of_scripts_run():
    threads = SETTINGS.worker_threads
    ours = {
        "release": processes.release(),
        "web": processes.web(SETTINGS, "0.0.0.0", 5000),
        "worker-feeds": processes.worker("feeds", SETTINGS.worker_processes, threads),
        "worker-push": processes.worker("push", 1, SETTINGS.push_threads),
        "worker-suppliers": processes.worker("suppliers", 1, SETTINGS.supplier_threads),
        "worker-background": processes.worker("background", 1, 2),
        "clock": processes.clock(),
    }
    assert procfile() == {name: argv[1:] for name, argv in ours.items()}


def test_one_machine_runs_each_feed_worker_on_its_own(tmp_path: Path):
    settings = SETTINGS.model_copy(update={"worker_processes": 3})
    names = [one.name for one in processes.programs(settings, 5000, {}, tmp_path)]
    feeds = [f"worker-feeds-{n}" for n in (1, 2, 3)]
    assert names == ["web", *feeds, "worker-push", "worker-suppliers", "worker-background", "clock"]
