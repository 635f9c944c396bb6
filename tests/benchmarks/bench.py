"""What a benchmark gets to work with."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks.report import Section
from tests.benchmarks.stock import Turns
from tests.benchmarks.system import System
from tests.benchmarks.tenants import Tenants


@dataclass(frozen=True)
class Bench:
    """One run over one system."""

    system: System
    tenants: Tenants
    quick: bool
    turns: Turns = field(default_factory=Turns)

    def rounds(self, full: int, quick: int) -> int:
        """How often the sides take turns."""
        return quick if self.quick else full


Benchmark = Callable[[Bench], Section]
