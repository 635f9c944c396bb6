"""A worker process: `dramatiq app.workers.main -Q QUEUE`."""

import dramatiq

from app.bootstrap import build
from app.settings import load_or_exit
from app.telemetry import logs
from app.workers import actors
from app.workers.broker import build as build_broker

settings = load_or_exit()
logs.configure(settings.log_level)
container = build(settings)
broker = build_broker(container)
dramatiq.set_broker(broker)
actors.register(broker, container)
