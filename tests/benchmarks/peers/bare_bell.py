"""The bound of the pick-up: a process that blocks on a Redis list, and nothing around it."""

import sys
import time
from typing import Any

import redis

BELL = "bench:bell"
STARTS = "bench:bell:starts"


def main(url: str) -> None:
    """Tell how long each push waited: one machine, one clock."""
    client: Any = redis.Redis.from_url(url, socket_timeout=None)  # it blocks for as long as nothing comes
    while True:
        _, sent_at = client.blpop([BELL])
        client.rpush(STARTS, time.time() - float(sent_at))


if __name__ == "__main__":
    main(sys.argv[1])
