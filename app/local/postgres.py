"""The embedded PostgreSQL: its cluster, its process, its two roles."""

import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from app.local.account import Account
from app.local.credentials import Credentials
from app.local.errors import LocalError
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
            env={"LC_ALL": "C", "TZ": "UTC"},
            account=self.account,
            stop_signal=signal.SIGINT,
            prepare=self.drop_stale_lock,
        )

    def initialise(self) -> None:
        """Make the cluster once; a run cut short leaves nothing that a later one takes for whole."""
        if self.data.exists():
            return
        draft = self.home / f"{self.data.name}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        owned_directory(draft, self.account)
        with tempfile.NamedTemporaryFile("w", dir=self.home) as password_file:
            password_file.write(self.credentials.superuser_password)
            password_file.flush()
            self.account.own(Path(password_file.name))
            self._initdb(draft, password_file.name)
        draft.rename(self.data)

    def _initdb(self, target: Path, password_file: str) -> None:
        user, group, groups = self.account.identity
        done = subprocess.run(
            [
                str(self.bin / "initdb"),
                *("-D", str(target), "-U", "postgres", "-E", "UTF8"),
                *("-A", "scram-sha-256", f"--pwfile={password_file}"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *([] if self.durable else ["--no-sync"]),
            ],
            user=user,
            group=group,
            extra_groups=groups,
            cwd=self.home,
            env={"LC_ALL": "C", "TZ": "UTC"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise LocalError(f"initdb failed in {target}: {_last_line(done.stderr)}")

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
            for role, password in (
                (OWNER, self.credentials.owner_password),
                (APPLICATION, self.credentials.app_password),
            ):
                _ensure_role(connection, role, password)
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if not found:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(OWNER)
                    )
                )


def _ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    statement = "ALTER ROLE {} {} PASSWORD {}" if known else "CREATE ROLE {} {} PASSWORD {}"
    attributes = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
    connection.execute(sql.SQL(statement).format(sql.Identifier(role), attributes, sql.Literal(password)))


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
