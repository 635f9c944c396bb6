"""A worker process: `dramatiq app.workers.main -Q QUEUE`."""

import os

import dramatiq

from app.bootstrap import build
from app.settings import load_or_exit
from app.telemetry import logs
from app.workers import actors
from app.workers.broker import build as build_broker

settings = load_or_exit()
logs.configure(settings.log_level)
# One message per thread and no more: what waits in one process's memory is out of another's reach.
os.environ.setdefault("dramatiq_queue_prefetch", str(settings.worker_threads))

container = build(settings)
broker = build_broker(container)
dramatiq.set_broker(broker)
actors.register(broker, container)
