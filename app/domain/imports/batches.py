"""Writing a file's good lines by batches, and counting what became of all of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from app.domain.imports.rows import Refusal, Row

BATCH_ROWS = 5_000
SAMPLE_MAX = 20


@dataclass(slots=True)
class Counts:
    """What became of some lines; every line counts once."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class Imported:
    """What became of a file's lines; the sample holds the first refusals."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    refused_sample: list[Refusal] = field(default_factory=list)

    def add(self, counts: Counts) -> None:
        """Count a batch."""
        self.created += counts.created
        self.updated += counts.updated
        self.unchanged += counts.unchanged
        self.refused += len(counts.refused)
        self.refused_sample = sorted([*self.refused_sample, *counts.refused])[:SAMPLE_MAX]

    def told(self) -> dict[str, Any]:
        """As the contract has it."""
        return {
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "refusedSample": [refusal._asdict() for refusal in self.refused_sample],
        }


def import_rows(
    rows: Iterator[Row | Refusal],
    write: Callable[[Sequence[Row]], Counts],
    forget: Callable[[], None] = lambda: None,
) -> Imported:
    """Write batch by batch; after each commit the projection forgets, so that no batch waits for the last."""
    imported = Imported()
    while batch := list(islice(rows, BATCH_ROWS)):
        good = [row for row in batch if isinstance(row, Row)]
        imported.add(Counts(refused=[row for row in batch if isinstance(row, Refusal)]))
        if good:
            counts = write(good)
            imported.add(counts)
            if counts.created or counts.updated:
                forget()
    return imported
