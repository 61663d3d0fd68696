"""A mail server that takes everything, quickly: SMTP with pipelining, for measuring senders.

`python -m bench.sink PORT` prints a line with the number of mails whenever it is asked for one.
"""

from __future__ import annotations

import asyncio
import sys

GREETING = b"220 sink\r\n"
ABILITIES = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
OK, GO_AHEAD, BYE = b"250 2.0.0 OK\r\n", b"354 Go ahead\r\n", b"221 2.0.0 Bye\r\n"


class Sink(asyncio.Protocol):
    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.WriteTransport = transport  # type: ignore[assignment]
        self.buffer = b""
        self.is_in_mail = False
        self.transport.write(GREETING)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = b"\r\n.\r\n" if self.is_in_mail else b"\r\n"
            part, found, rest = self.buffer.partition(end)
            if not found:
                return
            self.buffer = rest
            self.take(part)

    def take(self, part: bytes) -> None:
        if self.is_in_mail:
            self.is_in_mail = False
            Sink.count += 1
            self.transport.write(OK)
        elif part[:4].upper() == b"EHLO":
            self.transport.write(ABILITIES)
        elif part[:4].upper() == b"DATA":
            self.is_in_mail = True
            self.transport.write(GO_AHEAD)
        elif part[:4].upper() == b"QUIT":
            self.transport.write(BYE)
            self.transport.close()
        else:
            self.transport.write(OK)


async def serve(port: int) -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(Sink, "127.0.0.1", port)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(Sink.count, flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
