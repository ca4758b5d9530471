"""A line to a server that keeps counties: what is asked of it, and its refusals in our words."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from gisgrid.errors import ExtraMissing, RollupPlace, RollupUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MANIFEST_BYTES = 1 << 20
"""Of a manifest; one of ten years has 70 kB."""
_ANSWER_WITHIN = timedelta(seconds=30)
_FILE_WITHIN = timedelta(minutes=15)
"""A week of a million households over a slow line."""
_TRY_FOR = timedelta(seconds=30)
_TRIES = 3
_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_ACCOUNT = frozenset({"AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_PROFILE"})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


def is_address(root: str) -> bool:
    """Whether counties lie behind a line: neither a path (C:/ is one) nor file://."""
    return _SCHEME.match(root.removeprefix("file://")) is not None


def shown(root: str) -> str:
    """An address without what may be secret in it: a name and password, a query."""
    return re.sub(r":/.*@", "://", re.sub(r"[?#].*", "", root))


def check_place(root: str) -> None:
    """Raise RollupPlace for an address at which counties cannot lie."""
    if is_address(root):
        _parts(root)


def _parts(root: str) -> SplitResult:
    """The parts of an address. Raises RollupPlace."""
    try:
        parts = urlsplit(root)
        alone = parts.scheme == "http" and parts.hostname in _THIS_MACHINE  # where a tunnel ends
        # An @ behind the host, or a ? or #, is a password in which such a character was not written
        # as %2F.
        whole = parts.hostname and (parts.port or 1) and "@" not in parts.path
    except ValueError as err:
        raise RollupPlace(place=shown(root)) from err
    if not whole or parts.query or parts.fragment:
        raise RollupPlace(place=shown(root))
    if parts.scheme not in ("s3", "https") and not alone:
        raise RollupPlace(place=shown(root))
    return parts


class Line:
    """What is asked of a server; its refusals in our words."""

    def __init__(self, api: Any, quick: Any, patient: Any, root: str) -> None:
        self._api, self._root = api, root
        self._store, self._patient = quick, patient

    def _ask(self, question: Callable[[], Any]) -> Any:
        """The answer; None where there is no such thing. Raises RollupUnreachable."""
        try:
            return question()
        except FileNotFoundError:
            return None
        except (self._api.exceptions.BaseError, OSError) as err:
            # What the library says may quote more than is for the screen: only its status is read.
            told = _STATUS.search(str(err))
            raise _refusal(self._root, int(told[1]) if told else 0) from err
        except ValueError as err:  # what no server can be called
            raise RollupPlace(place=shown(self._root)) from err

    def folders(self) -> list[str]:
        """The names of the folders there; none where there is no such place."""
        found = self._ask(lambda: self._api.list_with_delimiter(self._store)) or {}
        # Of a WebDAV server they come with the folders above them.
        return [path.rstrip("/").rsplit("/", 1)[-1] for path in found.get("common_prefixes", ())]

    def get(self, name: str, most: int = MANIFEST_BYTES) -> bytes | None:
        """A file of `most` bytes at the most; None where there is none, b"" for a larger one."""
        large = most > MANIFEST_BYTES

        def read() -> bytes:
            found = self._api.get(self._patient if large else self._store, name)
            if int(found.meta["size"]) > most:
                return b""
            parts, size = [], 0
            for part in found.stream():
                size += len(part)
                if size > most:  # it said less
                    return b""
                parts.append(bytes(part))
            return b"".join(parts)

        answer: bytes | None = self._ask(read)
        return answer

    def size(self, name: str) -> int | None:
        """The bytes of a file; None where there is none."""
        found = self._ask(lambda: self._api.head(self._store, name))
        return None if found is None else int(found["size"])

    def put(self, name: str, what: Path | bytes) -> None:
        """Write a file, or what is given."""
        self._ask(lambda: self._api.put(self._patient, name, what))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        self._ask(lambda: self._api.delete(self._store, name))


def _refusal(root: str, status: int) -> RollupUnreachable:
    """What an answer means; 0 for none. Source of the numbers: RFC 9110; 409 by RFC 4918."""
    place = shown(root)
    if root.startswith("s3:") and status in (0, 401, 403) and not _ACCOUNT & {*os.environ}:
        return RollupUnreachable(
            place=place, problem="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"
        )
    if status in (401, 403):
        return RollupUnreachable(place=place, problem="the account is not allowed to")
    if status in (404, 409):
        return RollupUnreachable(place=place, problem="there is no such folder")
    if status:
        return RollupUnreachable(place=place, problem="the server cannot do it")
    return RollupUnreachable(place=place, problem="there is no answer")


def line_to(root: str) -> Line:
    """A line to s3://bucket/folder or https://server/folder (WebDAV).

    http:// only to this machine, where a tunnel may end: days of visits are sent. A bucket's
    account and server are taken from AWS_… variables (AWS_ALLOW_HTTP for one without TLS), the
    account on a WebDAV server from name:password@ in the address. Raises RollupPlace for any other
    address; ExtraMissing.
    """
    parts = _parts(root)
    try:
        import obstore  # noqa: PLC0415 - an extra that few need
        from obstore.store import from_url  # noqa: PLC0415
    except ImportError as err:
        raise ExtraMissing(what="obstore", extra="rollup") from err
    plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
    options: Any = {"allow_http": plain if parts.scheme == "s3" else parts.scheme == "http"}
    if parts.scheme != "s3" and parts.username:
        account = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        basic = b64encode(account.encode()).decode()
        options["default_headers"] = {"Authorization": f"Basic {basic}"}
    retry: Any = {"max_retries": _TRIES, "retry_timeout": _TRY_FOR}
    try:
        quick, patient = (
            from_url(shown(root), client_options=options | {"timeout": time}, retry_config=retry)
            for time in (_ANSWER_WITHIN, _FILE_WITHIN)
        )
    except (obstore.exceptions.BaseError, ValueError) as err:
        raise RollupPlace(place=shown(root)) from err
    return Line(obstore, quick, patient, root)
