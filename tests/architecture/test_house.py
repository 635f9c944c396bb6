"""Promises of the tree to itself: what stands in two places says the same in both."""

import re
import subprocess
from pathlib import Path

from app.adapters.postgres import revision
from app.adapters.shopify.webhooks import TOPICS
from app.domain.shop.connection import SCOPES
from app.domain.shop.event import Topic
from app.domain.work.dispatch import Actor, Queue
from app.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_procfile_has_one_worker_for_each_queue():
    procfile = (ROOT / "Procfile").read_text()
    consumed = re.findall(r"^worker-(\S+):.* -Q (\S+)", procfile, re.MULTILINE)

    assert {name for name, _ in consumed} == {queue for _, queue in consumed} == set(Queue)


def test_the_procfile_has_every_process_type():
    names = re.findall(r"^(\S+):", (ROOT / "Procfile").read_text(), re.MULTILINE)

    assert names == [
        "release",
        "web",
        "worker-feeds",
        "worker-push",
        "worker-suppliers",
        "worker-background",
        "clock",
    ]


def test_every_actor_has_a_queue():
    assert {actor.queue for actor in Actor} <= set(Queue)


def test_every_setting_is_in_the_readme_with_its_default():
    readme = (ROOT / "README.md").read_text()
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `{name.upper()}` \| ([^|]+) \|", readme, re.MULTILINE)
        assert row is not None, f"{name.upper()} is missing from the README"
        if isinstance(field.default, int | float):
            assert row[1].strip() == f"{field.default:g}".replace("6.71089e+07", "67108864")


def test_every_scope_and_every_webhook_is_told_to_merchants():
    told = (ROOT / "docs/shopify.md").read_text()

    assert [name for name in (*SCOPES, *Topic) if f"`{name}`" not in told] == []


def test_shops_are_asked_for_the_webhooks_that_are_listened_to():
    assert set(TOPICS) == set(Topic)


def test_only_the_settings_read_the_environment():
    readers = _grep(r"os\.environ|os\.getenv", "app/domain", "app/adapters", "app/web", "app/bootstrap.py")

    assert readers == ""


def test_every_requirement_is_pinned_with_a_hash():
    for name in ("requirements.txt", "requirements-dev.txt"):
        pinned = re.split(r"\n(?=\S)", (ROOT / name).read_text())
        packages = [entry for entry in pinned if re.match(r"[a-z0-9]", entry)]
        assert packages
        assert all("==" in entry and "--hash=sha256:" in entry for entry in packages)


def test_migrations_are_numbered_in_order_and_the_code_knows_the_newest():
    versions = sorted((ROOT / "app/adapters/postgres/migrations/versions").glob("*.py"))
    numbers = [path.name[:4] for path in versions]

    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]
    assert numbers[-1] == revision.NEWEST


def test_nothing_is_left_to_do_later():
    assert _grep(r"\b(TODO|FIXME|XXX)\b", "app", "scripts") == ""


def _grep(pattern: str, *places: str) -> str:
    found = subprocess.run(
        ["grep", "-rnE", "--include=*", "--exclude-dir=__pycache__", pattern, *places],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout
