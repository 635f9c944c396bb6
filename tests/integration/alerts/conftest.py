"""A tenant with suppliers' stock that changes, a mail server and a receiver that are real."""

from collections.abc import Iterator

import pytest

from tests.alerted import Alerted, PostOffice, Receiver, post_office, receiving
from tests.shopkeeper import KEYS
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]


@pytest.fixture(scope="session")
def _receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="session")
def _office() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office


@pytest.fixture
def alerted(build, stockline, _receiver: Receiver, _office: PostOffice) -> Alerted:
    """Everything that may be noticed, and where it goes."""
    _receiver.calls.clear()
    _receiver.answer = lambda _call: 200
    _office.raw.clear()
    _office.recipients.clear()
    _office.refuse = None
    container = build(
        encryption_keys=KEYS,
        outbound_allow_hosts="127.0.0.1",
        smtp_url=f"smtp://127.0.0.1:{_office.port}",
        mail_from="Stockline <stock@example.com>",
    )
    return Alerted(stockline.over(container), _receiver, _office)
