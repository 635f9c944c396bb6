"""What a worker process takes from the broker ahead of working on it."""

import dramatiq
import pytest
from dramatiq.brokers.stub import StubBroker

from app.workers.middleware import OneMessageAThread


@pytest.mark.parametrize("threads", [1, 4, 16])
def test_a_worker_takes_one_message_for_each_of_its_threads(threads: int):
    broker = StubBroker(middleware=[OneMessageAThread()])
    broker.declare_queue("push")
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=10)
    worker.start()
    try:
        assert {one.prefetch for one in worker.consumers.values() if not one.queue_name.endswith(".DQ")} == {
            threads
        }
    finally:
        worker.stop()
