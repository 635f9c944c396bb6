"""The garbage collector, told what a long-lived process looks like."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """Start up in here without it, and then as `spare_startup` says.

    Next to nothing of what is imported and built is ever thrown away, and walking it again and again takes a sixth of
    a process's start.
    """
    gc.disable()
    try:
        yield
        spare_startup()
    finally:
        gc.enable()


def spare_startup() -> None:
    """Leave what start-up made out of every later collection, and collect less often.

    A chunk makes thousands of rows and drops them together; at the default thresholds the collector walked
    everything ever imported several times per chunk, a third of a worker's time. Call in the process that
    will serve, after any fork.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
