"""The embedded Valkey: one instance, database 0 the cache, database 1 the broker."""

from dataclasses import dataclass
from pathlib import Path

import redis

from app.local.account import Account
from app.local.places import owned_directory
from app.local.ports import LOOPBACK
from app.local.program import Program


@dataclass(frozen=True)
class ValkeyServer:
    """Append-only file, nothing evicted: a message lost is only late, but late is noticed."""

    binary: Path
    home: Path
    account: Account
    port: int
    log: Path

    def url(self, database: int) -> str:
        """Where a numbered database is reached."""
        return f"redis://{LOOPBACK}:{self.port}/{database}"

    def make_startable(self) -> None:
        """Its directory."""
        owned_directory(self.home / "valkey", self.account)

    def program(self) -> Program:
        """The server's process."""
        options = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "dir": str(self.home / "valkey"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": "16",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        return Program(
            name="valkey",
            argv=(str(self.binary), *words),
            log=self.log,
            cwd=self.home,
            account=self.account,
            stage=0,
            prepare=self.make_startable,
        )

    def accepts(self) -> bool:
        """Whether it answers a PING now: it replays its file before it does."""
        try:
            with redis.Redis(host=LOOPBACK, port=self.port, socket_timeout=2) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False
