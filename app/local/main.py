"""scripts/run."""

import sys

from app.local.errors import LocalError
from app.local.options import Options
from app.local.system import run


def main() -> int:
    """The exit code: 0 after an orderly stop, 1 with one line that says why not."""
    options = Options.parse()
    try:
        return run(options)
    except LocalError as error:
        print(f"scripts/run: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
