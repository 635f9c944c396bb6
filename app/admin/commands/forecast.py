"""forecast backtest: how far off the forecasts are, on the shipped sample."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from app.admin.commands.shape import group

if TYPE_CHECKING:
    from app.bootstrap import Container


def add_to(commands: Any) -> None:
    """Make the command known."""
    about = "errors on the shipped sample, beside plain guesses: mae in units a day, wape as a share of the demand"
    group(commands, "forecast", "how long stock lasts")("backtest", _backtest, about)


def _backtest(_services: Container, _given: Namespace) -> Any:
    from app.domain.suppliers.backtest import backtest  # noqa: PLC0415 - numpy, for this command alone

    return backtest()
