"""A shop that answers what the test says, in place of Shopify, and the use cases over it."""

from dataclasses import dataclass, field
from typing import Any

from app.adapters.postgres.connections import PostgresConnections
from app.adapters.secrets.vault import MultiFernetVault
from app.domain.shop.connection import SCOPES, Connection, Location
from app.domain.shop.ports import LevelPage, ShopInfo
from app.domain.shop.service import ConnectionService
from tests.stockline import Stockline

KEY = "a2V5LW9mLXRoZS10ZXN0cy0wMTIzNDU2Nzg5YWJjZGU="
SECRET = "shpss_0123456789abcdef"
SHOP = "north.myshopify.com"
MAIN, SECOND = (
    Location(f"gid://shopify/Location/{number}", name) for number, name in ((1, "Main"), (2, "B"))
)


@dataclass
class FakeDesk:
    """What the shop says; an error in place of an answer is raised."""

    info: Any = field(default_factory=lambda: ShopInfo(SCOPES, (MAIN, SECOND)))
    refused: Any = ()
    pages: list[Any] = field(default_factory=list)
    signed_in: list[tuple[str, str, str]] = field(default_factory=list)
    subscribed: list[str] = field(default_factory=list)

    def look(self, shop: str, client_id: str, secret: str) -> ShopInfo:
        self.signed_in.append((shop, client_id, secret))
        return _said(self.info)

    def subscribe(self, connection: Connection, url: str) -> tuple[str, ...]:
        self.subscribed.append(url)
        return _said(self.refused)

    def levels(self, connection: Connection, cursor: str | None, limit: int) -> LevelPage:
        return _said(self.pages[int(cursor or 0)])


def _said(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer


def connections(stockline: Stockline, desk: FakeDesk, keys: str = KEY) -> ConnectionService:
    """The use cases of a process with these keys."""
    return ConnectionService(
        PostgresConnections(stockline.container.unit_of_work),
        desk,
        MultiFernetVault(keys),
        public_url="https://stock.example",
    )
