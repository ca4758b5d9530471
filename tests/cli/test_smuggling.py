"""Where a message ends is never in doubt: what two readers could read otherwise is refused."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest
from flask import Flask, request

from gisgrid.cli.messages import server_of

from .. import conftest
from ..conftest import listening

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
LENGTH = b"Content-Length: %d\r\n"
NONE = b"0\r\n\r\n"

DOUBTFUL = {
    "length and chunks": (CHUNKED + LENGTH % len(NONE + HIDDEN), NONE + HIDDEN),
    "chunks and length": (LENGTH % 4 + CHUNKED, NONE + HIDDEN),
    "two lengths": (LENGTH % 0 + LENGTH % len(HIDDEN), HIDDEN),
    "a list of lengths": (b"Content-Length: 0, %d\r\n" % len(HIDDEN), HIDDEN),
    "a length with a sign": (b"Content-Length: +0\r\n", HIDDEN),
    "a length in hex": (b"Content-Length: 0x0\r\n", HIDDEN),
    "a length below nothing": (b"Content-Length: -1\r\n", HIDDEN),
    "a length in other digits": ("Content-Length: ٠\r\n".encode(), HIDDEN),
    "a length with an underscore": (b"Content-Length: 1_0\r\n", HIDDEN),
    "an unknown coding": (b"Transfer-Encoding: xchunked\r\n", NONE + HIDDEN),
    "a coding after chunks": (b"Transfer-Encoding: chunked, identity\r\n", NONE + HIDDEN),
    "chunks twice": (CHUNKED + CHUNKED, NONE + HIDDEN),
    "chunks in chunks": (b"Transfer-Encoding: chunked, chunked\r\n", NONE + HIDDEN),
    "chunks without a line before": (
        b"transfer-encoding:chunked\r\nCONTENT-LENGTH:5\r\n",
        NONE + HIDDEN,
    ),
    "a coding with a tab": (b"Transfer-Encoding:\x0bchunked\r\n", NONE + HIDDEN),
    "a blank before the colon": (b"Transfer-Encoding : chunked\r\n", NONE + HIDDEN),
    "a blank before the name": (b" Transfer-Encoding: chunked\r\n", NONE + HIDDEN),
    "a header over two lines": (b"X: y\r\n Transfer-Encoding: chunked\r\n", NONE + HIDDEN),
    "a bare line feed": (b"X: y\nTransfer-Encoding: chunked\r\n", NONE + HIDDEN),
    "a bare carriage return": (b"X: y\rTransfer-Encoding: chunked\r\n", NONE + HIDDEN),
    "a NUL in a header": (b"X: y\0z\r\n", HIDDEN),
    "a name that is no name": (b"X\x80: y\r\n", HIDDEN),
    "chunks before there were any": (b"Connection: keep-alive\r\n" + CHUNKED, NONE + HIDDEN),
    "a chunk without a size": (CHUNKED, b"\r\n\r\n" + HIDDEN),
    "a chunk with a sign": (CHUNKED, b"+0\r\n\r\n" + HIDDEN),
    "a chunk in 0x": (CHUNKED, b"0x0\r\n\r\n" + HIDDEN),
    "a chunk with a blank": (CHUNKED, b"0 \r\n\r\n" + HIDDEN),
    "a chunk below nothing": (CHUNKED, b"-1\r\n\r\n" + HIDDEN),
    "a chunk that is longer than it says": (CHUNKED, b"1\r\nabc\r\n" + NONE + HIDDEN),
    "a chunk that ends with a line feed": (CHUNKED, b"1\na\n0\n\n" + HIDDEN),
    "a line feed in an extension": (CHUNKED, b"1;x=\ny\r\na\r\n" + NONE + HIDDEN),
}
OLD = {"chunks before there were any"}
"""Sent as HTTP/1.0."""


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[int, list[str]]]:
    """Port of a server of the kind that `gisgrid serve` runs, and the paths that reached it."""
    app, seen = Flask("ends"), list[str]()

    @app.route("/<path>", methods=["GET", "POST"])
    def read(path: str) -> str:
        seen.append(path)
        return str(len(request.get_data()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conftest, "create_server", server_of)
        with listening(app, 2) as port:
            yield port, seen


def said(port: int, sent: bytes) -> bytes:
    """All that is answered until the server closes the line, or has nothing more to say."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        answer = b""
        while part := line.recv(65536):
            answer += part
    return answer


def test_of_each_doubtful_message_there_is_one_answer_and_the_line_ends(
    served: tuple[int, list[str]],
) -> None:
    port, seen = served
    for case, (headers, body) in DOUBTFUL.items():
        start = b"POST /open HTTP/1.%d\r\nHost: localhost\r\n" % (case not in OLD)
        answer = said(port, start + headers + b"\r\n" + body)
        (status,) = re.findall(rb"HTTP/1\.[01] (\d+) ", answer)
        assert status in {b"400", b"501"}, case
        assert b"Connection: close" in answer, case
    assert seen == []


def test_a_whole_message_is_read_to_its_end_and_the_next_one_is_its_own(
    served: tuple[int, list[str]],
) -> None:
    port, seen = served
    seen.clear()
    start = b"POST /open HTTP/1.1\r\nHost: localhost\r\n"
    for headers, body in (
        (LENGTH % len(HIDDEN), HIDDEN),
        (CHUNKED, b"%x\r\n%s\r\n%s" % (len(HIDDEN), HIDDEN, NONE)),
    ):
        answer = said(port, start + headers + b"\r\n" + body + HIDDEN)
        assert answer.count(b"HTTP/1.1 200 ") == 2
        assert seen == ["open", "hidden"]
        seen.clear()
