"""What a data directory keeps between starts: its engines' passwords and ports, its identity, its encryption keys."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet

FILE = "engines.json"
KEYS_FILE = "encryption.keys"
SIGNING_FILE = "signing.key"


@dataclass(frozen=True)
class Credentials:
    """Readable by the data directory's owner alone."""

    system_id: str
    superuser_password: str
    owner_password: str
    app_password: str
    postgres_port: int
    valkey_port: int

    @classmethod
    def of(cls, data_dir: Path) -> Self:
        """The kept ones, or new ones for a new directory."""
        path = data_dir / FILE
        if path.exists():
            return cls(**json.loads(path.read_text()))
        return cls(
            system_id=secrets.token_hex(8),
            superuser_password=secrets.token_urlsafe(24),
            owner_password=secrets.token_urlsafe(24),
            app_password=secrets.token_urlsafe(24),
            postgres_port=0,
            valkey_port=0,
        )

    def on(self, postgres_port: int, valkey_port: int) -> Self:
        """The same with the ports of this start."""
        return replace(self, postgres_port=postgres_port, valkey_port=valkey_port)

    def save(self, data_dir: Path) -> None:
        """Write them for the next start."""
        write_private(data_dir / FILE, json.dumps(asdict(self), indent=2))


def encryption_keys(data_dir: Path) -> str:
    """What shops' secrets are kept with: the directory's own, made once. Without them its secrets are lost."""
    path = data_dir / KEYS_FILE
    if not path.exists():
        write_private(path, Fernet.generate_key().decode())
    return path.read_text().strip()


def secret_key(data_dir: Path) -> str:
    """What the portal's cookies are signed with: the directory's own, made once."""
    path = data_dir / SIGNING_FILE
    if not path.exists():
        write_private(path, secrets.token_urlsafe(48))
    return path.read_text().strip()


def write_private(path: Path, content: str) -> None:
    """Replace a file in one step; nobody else ever sees it open or half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
