"""The use cases that the commands call, on one system."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.bootstrap import Container, build
from app.settings import Settings


@contextmanager
def connected(settings: Settings) -> Iterator[Container]:
    """Nothing is opened before the first use case, and everything closed after the last."""
    container = build(settings)
    try:
        yield container
    finally:
        container.close()
