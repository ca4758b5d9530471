"""Servers on this machine that counties are published to: S3 as far as it is asked for, WebDAV."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from wsgidav.wsgidav_app import WsgiDAVApp

from ..conftest import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KEY = "AKIAGISGRID"


class Bucket:
    """What lies in a bucket, and what was asked of it. spoil: called before each answer."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.spoil: Callable[[str, str], None] = lambda _verb, _key: None
        self.address = ""

    def of(self, verb: str) -> list[str]:
        """The keys that were asked for with a verb."""
        return [key for asked, key in self.asked if asked == verb]


class _S3(BaseHTTPRequestHandler):
    """As far as it is asked for: GET, HEAD, PUT, a listing, several to be deleted."""

    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, status: int, body: bytes = b"", length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.send_header("ETag", '"0"')
        self.send_header("Last-Modified", "Sun, 22 Nov 2026 04:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def key(self) -> str | None:
        """The key asked for; None where the account is not the right one."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.body = body
        if KEY not in self.headers.get("Authorization", ""):
            self.answer(403)
            return None
        key = unquote(urlsplit(self.path).path).removeprefix("/counties").lstrip("/")
        self.bucket.asked.append((self.command, key))
        self.bucket.spoil(self.command, key)
        return key

    def do_GET(self) -> None:
        key = self.key()
        if key == "":
            self.answer(200, self.listing())
        elif key is not None:
            found = self.bucket.objects.get(key)
            self.answer(404) if found is None else self.answer(200, found)

    def do_HEAD(self) -> None:
        key = self.key()
        if key is not None:
            found = self.bucket.objects.get(key)
            self.answer(404 if found is None else 200, b"", 0 if found is None else len(found))

    def do_PUT(self) -> None:
        key = self.key()
        if key is not None:
            self.bucket.objects[key] = self.body
            self.answer(200)

    def do_POST(self) -> None:  # several to be deleted
        if self.key() is not None:
            keys = re.findall(r"<Key>([^<]*)</Key>", self.body.decode())
            for key in keys:
                self.bucket.asked.append(("DELETE", key))
                self.bucket.objects.pop(key, None)
            gone = "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys)
            self.answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode())

    def listing(self) -> bytes:
        prefix = parse_qs(urlsplit(self.path).query).get("prefix", [""])[0]
        under = [key[len(prefix) :] for key in self.bucket.objects if key.startswith(prefix)]
        folders = sorted({key.partition("/")[0] for key in under if "/" in key})
        parts = "".join(
            f"<CommonPrefixes><Prefix>{escape(prefix + name)}/</Prefix></CommonPrefixes>"
            for name in folders
        )
        head = "<ListBucketResult><Name>counties</Name><IsTruncated>false</IsTruncated>"
        return f"{head}{parts}</ListBucketResult>".encode()


@contextmanager
def running(server: HTTPServer) -> Iterator[HTTPServer]:
    """A server that answers until the end of the `with`."""
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def s3() -> Iterator[Bucket]:
    """The bucket `counties`, for whoever has KEY; address: for AWS_ENDPOINT_URL."""
    bucket = Bucket()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_S3,), {"bucket": bucket}))
    bucket.address = f"http://127.0.0.1:{server.server_port}"
    with running(server):
        yield bucket


@contextmanager
def webdav(folder: Path, name: str, password: str) -> Iterator[str]:
    """A folder served by WsgiDAV to one account; yields its address without the account."""
    app = WsgiDAVApp(
        {
            "provider_mapping": {"/": str(folder)},
            "simple_dc": {"user_mapping": {"*": {name: {"password": password}}}},
            "http_authenticator": {"accept_basic": True, "accept_digest": False},
            "logging": {"enable": False, "enable_loggers": []},
            "verbose": 0,
        }
    )
    with listening(app, 16) as port:
        yield f"127.0.0.1:{port}"
