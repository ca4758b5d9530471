"""Where a message on the line ends: what two readers could read otherwise is refused.

A proxy that goes by the length and a server that goes by the chunks see two requests where there is
one, and the second is another person's on the same line. waitress takes such a message and keeps
the line open (3.0.2, against RFC 9112, 6.1); here it gets 400 and the line ends.
"""

from __future__ import annotations

from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import create_server

from gisgrid.cli.lanes import Dispatcher


def server_of(app: Any, *, threads: int, **options: Any) -> Any:
    """A server of a WSGI application that reads strictly; options as of waitress.

    One socket only: of several, waitress makes a server for each. Its task_dispatcher is a
    `lanes.Dispatcher`.
    """
    server = create_server(app, _dispatcher=Dispatcher(threads), threads=threads, **options)
    server.channel_class = _Channel
    return server


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """waitress's own, behind refuse_doubtful."""

    def parse_header(self, header_plus: bytes) -> None:
        """Raises ParsingError as refuse_doubtful, and as waitress does."""
        refuse_doubtful(header_plus)
        super().parse_header(header_plus)


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = Parser


def refuse_doubtful(head: bytes) -> None:
    """Raises ParsingError, which is told as 400, for a head that does not say one end of its body.

    A header over several lines; chunks with a length beside them, said twice, or in HTTP/1.0.
    """
    start, *lines = head.split(b"\r\n")
    if any(line[:1] in {b" ", b"\t"} for line in lines):
        raise ParsingError("A header goes over several lines")
    told = [line.partition(b":")[::2] for line in lines]
    names = [name.strip().lower() for name, _ in told]
    codings = [
        v.lower() for (_, v), name in zip(told, names, strict=True) if name == b"transfer-encoding"
    ]
    if not codings:
        return
    if len(codings) > 1 or codings[0].count(b"chunked") > 1 or b"content-length" in names:
        raise ParsingError("The body has two ends")
    if not start.endswith(b"HTTP/1.1"):
        raise ParsingError("Chunks are of HTTP/1.1")
