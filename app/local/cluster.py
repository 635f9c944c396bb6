"""A new PostgreSQL cluster: initdb, then the roles and the database inside it."""

import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from app.local.account import Account
from app.local.errors import LocalError

NEUTRAL = {"LC_ALL": "C", "TZ": "UTC"}  # the caller's language must not shape the data


def initdb(binaries: Path, target: Path, account: Account, password: str, *, durable: bool) -> None:
    """Fill an empty directory. Text is UTF-8 and sorts by code point, on every machine alike."""
    with tempfile.NamedTemporaryFile("w", dir=target.parent) as password_file:
        password_file.write(password)
        password_file.flush()
        account.own(Path(password_file.name))
        user, group, groups = account.identity
        done = subprocess.run(
            [
                str(binaries / "initdb"),
                *("-D", str(target), "-U", "postgres", "-E", "UTF8"),
                *("-A", "scram-sha-256", f"--pwfile={password_file.name}"),
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *([] if durable else ["--no-sync"]),
            ],
            user=user,
            group=group,
            extra_groups=groups,
            cwd=target.parent,
            env=NEUTRAL,
            start_new_session=True,  # Ctrl-C is ours to answer
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise LocalError(f"initdb failed in {target}: {_last_line(done.stderr)}")


def ensure_role(connection: psycopg.Connection, role: str, password: str) -> None:
    """A role that signs in and may nothing else."""
    known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    statement = "ALTER ROLE {} {} PASSWORD {}" if known else "CREATE ROLE {} {} PASSWORD {}"
    attributes = sql.SQL("LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
    connection.execute(sql.SQL(statement).format(sql.Identifier(role), attributes, sql.Literal(password)))


def ensure_database(connection: psycopg.Connection, name: str, owner: str) -> None:
    """A database of the owner's."""
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))


def _last_line(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"
