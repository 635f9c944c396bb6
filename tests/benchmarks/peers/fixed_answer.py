"""A server that does nothing but answer: what the load generator could drive at most on this machine."""

import asyncio
import sys

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n" + b"x" * 300


class _Fixed(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, _: bytes) -> None:
        """One request came in one packet: the load generator sends it so."""
        self._transport.write(ANSWER)


async def main(host: str, port: int) -> None:
    """Serve until ended."""
    server = await asyncio.get_running_loop().create_server(_Fixed, host, port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
