"""A B A B: sides of a comparison take turns, so that the machine's moods fall on all of them alike."""

import time
from collections.abc import Callable, Mapping
from statistics import median

Side = Callable[[int], float]
"""Runs one round, given its number, and answers a rate."""
Rates = dict[str, list[float]]


ROUNDS_MIN = 3


def interleaved(rounds: int, sides: Mapping[str, Side], budget_s: float = 30.0) -> Rates:
    """Every side's rates, one a round, after a first round that only warms up.

    On a machine that is busy with something else there are fewer rounds, but never less than three.
    """
    for side in sides.values():
        side(0)
    rates: Rates = {name: [] for name in sides}
    until = time.monotonic() + budget_s
    for turn in range(1, rounds + 1):
        if turn > ROUNDS_MIN and time.monotonic() > until:
            break
        for name, side in sides.items():
            rates[name].append(side(turn))
    return rates


def ratio(rates: Rates, ours: str, peer: str) -> float:
    """The median of the rounds' own ratios: a slow minute slows both halves of its rounds."""
    return median(mine / theirs for mine, theirs in zip(rates[ours], rates[peer], strict=True))


def percentile(values: list[float], percent: float) -> float:
    """The smallest value that `percent` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100).__int__() - 1)]
