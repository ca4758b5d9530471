"""Where a server of counties sends its readers elsewhere: neither account nor data go along."""

from __future__ import annotations

from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from gisgrid.errors import RollupUnreachable
from gisgrid.rollup.line import line_to

from .servers import running

if TYPE_CHECKING:
    from collections.abc import Iterator

Asked = list[tuple[str, str | None, bytes]]


class _Server(BaseHTTPRequestHandler):
    """Sends everybody `to` another address; answers where there is none."""

    to: str
    asked: Asked
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.command, self.headers.get("Authorization"), body))
        self.send_response(307 if self.to else 200)
        if self.to:
            self.send_header("Location", f"{self.to}{self.path}")
        self.send_header("Content-Length", "4")
        self.send_header("Last-Modified", "Sun, 22 Nov 2026 04:00:00 GMT")
        self.end_headers()
        self.wfile.write(b"told")

    def do_PUT(self) -> None:
        self.do_GET()


@pytest.fixture
def sent_on() -> Iterator[tuple[str, Asked, Asked]]:
    """An address with an account, what was asked there, and what was asked elsewhere."""
    here, there = Asked(), Asked()
    with ExitStack() as stack:

        def serve(name: str, asked: Asked, to: str) -> str:
            handler = type("Handler", (_Server,), {"asked": asked, "to": to})
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            stack.enter_context(running(server))
            return f"{name}:{server.server_port}"

        elsewhere = serve("http://localhost", there, "")
        yield serve("http://name:secret@127.0.0.1", here, elsewhere) + "/all", here, there


def test_a_reader_who_is_sent_elsewhere_goes_there_without_the_account(
    sent_on: tuple[str, Asked, Asked],
) -> None:
    root, here, there = sent_on
    assert line_to(root).get("x") == b"told"
    assert [(verb, bool(account)) for verb, account, _ in here] == [("GET", True)]
    assert there == [("GET", None, b"")]


def test_nothing_is_written_elsewhere(sent_on: tuple[str, Asked, Asked]) -> None:
    root, here, there = sent_on
    with pytest.raises(RollupUnreachable):
        line_to(root).put("x", b"days of visits")
    assert [verb for verb, _, _ in here] == ["PUT"]
    assert there == []
