"""The web process: `granian --interface wsgi --factory app.web.main:create`."""

from typing import TYPE_CHECKING

from app.telemetry.collector import at_rest

if TYPE_CHECKING:
    from flask import Flask


def create() -> "Flask":
    """The application as the environment configures it; a bad setting ends the process with one line."""
    with at_rest():
        from app.web.process import ready  # noqa: PLC0415 - what takes most of the start is to run at rest

        return ready()
