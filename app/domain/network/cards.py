"""A dealer as it is kept in memory, and who asks for the nearest: what can be told without counting."""

import math
from dataclasses import dataclass
from datetime import datetime

import msgspec

from app.domain.network.hours import schedule_of


class DealerCard(msgspec.Struct, array_like=True, frozen=True):
    """An active dealer: its object in GET /api/t/dealers, and what its distance and clock are told from.

    `hours`: its opening hours as JSON text, empty when there are none.
    """

    id: bytes
    shown: bytes
    lat: float | None
    lng: float | None
    approximate: bool
    timezone: str
    hours: str

    def open_at(self, now: datetime) -> bool | None:
        """Whether it is open; None when nobody knows."""
        schedule = schedule_of(self.hours, self.timezone)
        return None if schedule is None else schedule.open_at(now)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the asker is, in degrees; approximate when a postal code told it."""

    lat: float
    lng: float
    approximate: bool = False

    @property
    def vector(self) -> tuple[float, float, float]:
        """On the unit sphere."""
        lat, lng = math.radians(self.lat), math.radians(self.lng)
        return math.cos(lat) * math.cos(lng), math.cos(lat) * math.sin(lng), math.sin(lat)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the asker wants of the nearest: how many, how far at most, only those that are open."""

    limit: int = 5
    radius_km: float | None = None
    open_only: bool = False
    in_miles: bool = False
