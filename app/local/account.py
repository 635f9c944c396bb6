"""Who runs the engines: PostgreSQL refuses root, so root hands them to a lesser user."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.local.errors import LocalError

LESSER_USERS = ("postgres", "nobody")  # initdb needs a passwd entry, and every Linux has the second


@dataclass(frozen=True)
class Account:
    """A user and group that a process runs as."""

    uid: int
    gid: int

    @classmethod
    def for_engines(cls) -> Self:
        """Ourselves, or a lesser user when we are root."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        for name in LESSER_USERS:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid)
        raise LocalError(f"PostgreSQL does not run as root: add one of the users {', '.join(LESSER_USERS)}")

    @property
    def is_other(self) -> bool:
        """Whether starting a process means changing the user."""
        return self.uid != os.geteuid()

    def can_run(self, *command: str) -> bool:
        """Whether this account can execute a command: asked of the kernel, since modes and ACLs mislead."""
        user, group, groups = self.identity
        try:
            done = subprocess.run(
                command,
                user=user,
                group=group,
                extra_groups=groups,
                cwd="/",
                capture_output=True,
                check=False,
            )
        except OSError:
            return False
        return done.returncode == 0

    def can_enter(self, directory: Path) -> bool:
        """Whether this account can reach what lies inside a directory."""
        return self.can_run("/bin/sh", "-c", 'cd "$1"', "sh", str(directory))

    @property
    def identity(self) -> tuple[int | None, int | None, list[int] | None]:
        """User, group and further groups as `subprocess` takes them; Nones leave things as they are."""
        return (self.uid, self.gid, []) if self.is_other else (None, None, None)

    def own(self, path: Path) -> None:
        """Give this account a file or an empty directory."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)
