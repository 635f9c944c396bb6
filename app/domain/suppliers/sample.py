"""The shipped sample of stock being used up: made for this purpose, not taken from any business.

Made by `made`, from the seed and the figures below alone, and shipped as `data/depletion.csv.gz`: a line for each SKU
and day on which something went or came (`sku, kind, day, went, came, closing`; day 0 begins full). It shows that the
forecast does what it says; how well it does on a tenant's own SKUs, the error beside each of them tells.
"""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from app.domain.suppliers.usage import Flags, History, Numbers, closings

FILE: Final = Path(__file__).parent / "data" / "depletion.csv.gz"
SEED: Final = 20_261_121
SKUS: Final = 20
"""Of each kind."""
DAYS: Final = 120
COVER_D: Final = 30
"""How many days of mean demand fill the shelf; it is filled up a week after it fell below a third."""
LEAD_D: Final = 7
KINDS: Final = {
    "steady": "Poisson, 2 to 20 a day",
    "weekly": "Poisson, 4 to 16 a day, twice as much on two days of the week and none on one",
    "trending": "Poisson, from 2 to 8 a day up to three times that",
    "intermittent": "none on 75 to 95 % of the days, else 1 to 8",
    "lumpy": "Poisson, 1 to 6 a day, and thirty times that on one day in forty",
}
COLUMNS: Final = ("sku", "kind", "day", "went", "came", "closing")
Row = tuple[str, str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Sample:
    """The sample as a history, and of which kind each SKU is."""

    kinds: Sequence[str]
    went: Numbers
    history: History


def made() -> Iterator[Row]:
    """Every row of the file, the same whenever it is made."""
    chance = np.random.default_rng(SEED)
    for kind in KINDS:
        for number in range(SKUS):
            demand = _demand(kind, chance)
            yield from _sold(f"{kind}-{number:02}", kind, demand)


def _demand(kind: str, chance: np.random.Generator) -> list[int]:
    days = np.arange(DAYS)
    if kind == "steady":
        mean = np.full(DAYS, chance.uniform(2, 20))
    elif kind == "weekly":
        mean = chance.uniform(4, 16) * np.choose(days % 7, (1, 1, 1, 1, 2, 2, 0))
    elif kind == "trending":
        mean = chance.uniform(2, 8) * np.linspace(1, 3, DAYS)
    elif kind == "intermittent":
        asked = chance.random(DAYS) < chance.uniform(0.05, 0.25)
        return [int(one) for one in asked * chance.integers(1, 9, DAYS)]
    else:
        mean = chance.uniform(1, 6) * np.where(chance.random(DAYS) < 1 / 40, 30, 1)
    return [int(one) for one in chance.poisson(mean)]


def _sold(sku: str, kind: str, demand: Sequence[int]) -> Iterator[Row]:
    """What a shelf that is filled up from time to time lets go; what is not there is not sold."""
    full = max(int(np.ceil(np.mean(demand) * COVER_D)), 2)
    there, due = full, -1
    for day, asked in enumerate(demand):
        came = full - there if day == due else 0
        went = min(asked, there + came)
        there += came - went
        if there < full / 3 and due <= day:
            due = day + LEAD_D
        if went or came:
            yield sku, kind, day, went, came, there


def encoded(rows: Iterator[Row]) -> bytes:
    """The file's bytes."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return gzip.compress(out.getvalue().encode(), mtime=0)


def shipped() -> Sample:
    """The file, as a history."""
    with gzip.open(FILE, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    skus = list(dict.fromkeys((row["sku"], row["kind"]) for row in rows))
    place = {sku: index for index, (sku, _) in enumerate(skus)}
    went, came = np.zeros((len(skus), DAYS)), np.zeros((len(skus), DAYS))
    seen = np.full((len(skus), DAYS), np.nan)
    for row in rows:
        at = place[row["sku"]], int(row["day"])
        went[at], came[at], seen[at] = float(row["went"]), float(row["came"]), float(row["closing"])
    known: Flags = np.ones((len(skus), DAYS), dtype=bool)
    closing = closings(went, came, seen, np.zeros(len(skus)))
    return Sample([kind for _, kind in skus], went, History.of(went, came, closing, known))
