"""The embedded PostgreSQL: its data, its process, its leftovers."""

import shutil
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg

from app.local.account import Account
from app.local.cluster import NEUTRAL, ensure_database, ensure_role, initdb
from app.local.credentials import Credentials
from app.local.places import owned_directory
from app.local.ports import LOOPBACK
from app.local.program import Program

MAJOR = 18
DATABASE = "stockline"
OWNER = "stockline_owner"
APPLICATION = "stockline_app"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "wal_compression": "off",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class PostgresServer:
    """One cluster on one loopback port. Durable unless a test asks otherwise."""

    bin: Path
    home: Path
    account: Account
    credentials: Credentials
    log: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        """Named by major version, so that a newer PostgreSQL never meets an older one's files."""
        return self.home / f"postgres-{MAJOR}"

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        """Where a role reaches a database."""
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.credentials.postgres_port}/{database}"

    @property
    def superuser_url(self) -> str:
        """For the roles' making and for tests; no process of the system gets it."""
        return self.url("postgres", self.credentials.superuser_password, "postgres")

    @property
    def owner_url(self) -> str:
        """The migrations' way in."""
        return self.url(OWNER, self.credentials.owner_password)

    @property
    def app_url(self) -> str:
        """The application's way in: under row level security, never the tables' owner."""
        return self.url(APPLICATION, self.credentials.app_password)

    def program(self) -> Program:
        """The server's process. SIGINT is PostgreSQL's fast shutdown: roll back, write a checkpoint, leave."""
        settings = SETTINGS if self.durable else SETTINGS | UNSAFE_BUT_FAST
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name="postgres",
            argv=(
                str(self.bin / "postgres"),
                "-D",
                str(self.data),
                "-p",
                str(self.credentials.postgres_port),
                *options,
            ),
            log=self.log,
            cwd=self.home,
            env=NEUTRAL,
            account=self.account,
            stop_signal=signal.SIGINT,
            stage=0,
            prepare=self.make_startable,
        )

    def make_startable(self) -> None:
        """A cluster, no lock of a stranger's, and nobody left in the shared memory of a dead server."""
        self.initialise()
        self.drop_stale_lock()
        if self.running() is None:
            self.end_leftover_backends()

    def initialise(self) -> None:
        """Make the cluster once; a run cut short leaves nothing that a later one takes for whole."""
        if self.data.exists():
            return
        draft = self.home / f"{self.data.name}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        owned_directory(draft, self.account)
        initdb(self.bin, draft, self.account, self.credentials.superuser_password, durable=self.durable)
        draft.rename(self.data)

    def running(self) -> psutil.Process | None:
        """The server process of this very directory, whoever started it."""
        try:
            process = psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))
            ours = process.name() == "postgres" and Path(process.cwd()) == self.data
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        return process if ours else None

    def drop_stale_lock(self) -> None:
        """Remove a lock file whose process id now belongs to another program.

        One whose process is gone stays: PostgreSQL reads from it whether backends of the dead server
        still hold the shared memory, and refuses to start beside them.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        if psutil.pid_exists(pid) and self.running() is None:
            lock.unlink(missing_ok=True)

    def end_leftover_backends(self) -> None:
        """Kill what a killed server left at work: a busy backend would keep the next one out for its whole query.

        Safe without a postmaster: nothing they hold in memory is of use, recovery reads the log.
        """
        leftover = [one for one in psutil.process_iter(["name", "cwd"]) if self._is_ours(one.info)]
        for backend in leftover:
            with suppress(psutil.NoSuchProcess):
                backend.kill()
        psutil.wait_procs(leftover, timeout=3)

    def _is_ours(self, info: dict[str, str | None]) -> bool:
        return info["name"] == "postgres" and info["cwd"] == str(self.data)

    def accepts(self) -> bool:
        """Whether it answers a connection now."""
        try:
            psycopg.connect(self.superuser_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def make_roles(self) -> None:
        """The owner, the application and the database; again and again without harm."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            ensure_role(connection, OWNER, self.credentials.owner_password)
            ensure_role(connection, APPLICATION, self.credentials.app_password)
            ensure_database(connection, DATABASE, OWNER)
