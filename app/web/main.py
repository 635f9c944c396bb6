"""The web process: `granian --interface wsgi --factory app.web.main:create`."""

from flask import Flask

from app import bootstrap
from app.settings import load_or_exit
from app.telemetry import logs
from app.telemetry.collector import spare_startup
from app.web import observe
from app.web.app import create_app
from app.web.streams import EXTENSION as STREAMS
from app.web.streams import stop_on_signals


def create() -> Flask:
    """The application as the environment configures it; a bad setting ends the process with one line."""
    settings = load_or_exit()
    logs.configure(settings.log_level, observe.enrich)
    app = create_app(bootstrap.build(settings))
    app.extensions[STREAMS].wait = stop_on_signals()
    spare_startup()
    return app
