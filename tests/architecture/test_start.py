"""What a process does not import until somebody needs it: every restart, deploy and browser test pays for the rest."""

import json
import os
import subprocess
import sys

import pytest

from tests.architecture.test_house import ROOT

SETTINGS = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "k" * 40,
}
ENGINES = {"dramatiq", "flask", "httpx", "psycopg", "redis", "sqlalchemy"}
STARTS = {
    "web": ("from app.web.main import create; create()", {"numpy", "app.domain.suppliers.forecast"}),
    "worker": ("import app.workers.main", {"numpy", "flask", "wtforms", "jinja2"}),
    "clock": (
        "import app.workers.clock as c; c.build(c.load_or_exit())",
        {"numpy", "flask", "wtforms", "jinja2"},
    ),
    "admin": ("import app.admin.main as a; a.parser()", {"numpy", "app.bootstrap", *ENGINES}),
}


@pytest.mark.parametrize("process", STARTS)
def test_a_process_starts_without_what_few_of_its_paths_need(process: str):
    start, unwanted = STARTS[process]
    tells = f"import sys, json; {start}; print(json.dumps(sorted(sys.modules)))"
    told = subprocess.run(
        [sys.executable, "-c", tells],
        cwd=ROOT,
        env=os.environ | SETTINGS,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert unwanted.isdisjoint(json.loads(told.stdout.splitlines()[-1]))
