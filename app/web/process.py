"""What a web process is made of; to be imported by whoever is about to serve, through `app.web.main`."""

from flask import Flask

from app import bootstrap
from app.settings import load_or_exit
from app.telemetry import logs
from app.web import observe
from app.web.app import create_app
from app.web.streams import EXTENSION as STREAMS
from app.web.streams import stop_on_signals


def ready() -> Flask:
    """The application of this process."""
    settings = load_or_exit()
    logs.configure(settings.log_level, observe.enrich)
    app = create_app(bootstrap.build(settings))
    app.extensions[STREAMS].wait = stop_on_signals()
    return app
