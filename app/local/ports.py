"""Free ports on the loopback interface."""

import random
import socket

LOOPBACK = "127.0.0.1"
_BELOW_EPHEMERAL = range(20_000, 32_000)  # an outgoing connection never takes one while its server restarts


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """The preferred port if it is free, else a random one that is."""
    if preferred and is_free(preferred):
        return preferred
    candidates = random.sample(_BELOW_EPHEMERAL, 200)
    return next(port for port in candidates if is_free(port))
