"""A line to a server that keeps counties: what is asked of it, and its refusals in our words."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from gisgrid.errors import ExtraMissing, RollupPlace, RollupUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ANSWER_WITHIN = timedelta(seconds=60)
_TRY_FOR = timedelta(seconds=30)
_TRIES = 3
_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


def is_address(root: str) -> bool:
    """Whether counties lie behind a line: neither a path nor file://."""
    return "://" in root.removeprefix("file://")


def shown(root: str) -> str:
    """An address without the name and the password that may stand in it."""
    return re.sub(r"://[^/]*@", "://", root)


class Line:
    """What is asked of a server; its refusals in our words."""

    def __init__(self, api: Any, store: Any, root: str) -> None:
        self._api, self._store, self._root = api, store, shown(root)

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

    def folders(self) -> list[str]:
        """The names of the folders there; none where there is no such place."""
        found = self._ask(lambda: self._api.list_with_delimiter(self._store)) or {}
        # Of a WebDAV server they come with the folders above them.
        return [path.rstrip("/").rsplit("/", 1)[-1] for path in found.get("common_prefixes", ())]

    def get(self, name: str) -> bytes | None:
        """A file; None where there is none."""
        found: bytes | None = self._ask(lambda: bytes(self._api.get(self._store, name).bytes()))
        return found

    def size(self, name: str) -> int | None:
        """The bytes of a file; None where there is none."""
        found = self._ask(lambda: self._api.head(self._store, name))
        return None if found is None else int(found["size"])

    def put(self, name: str, what: Path | bytes) -> None:
        """Write a file, or what is given."""
        self._ask(lambda: self._api.put(self._store, name, what))

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        self._ask(lambda: self._api.delete(self._store, name))


def _refusal(place: str, status: int) -> RollupUnreachable:
    """What an answer means; 0 for none. Source of the numbers: RFC 9110; 409 by RFC 4918."""
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
    try:
        parts = urlsplit(root)
        alone = parts.scheme == "http" and parts.hostname in _THIS_MACHINE  # where a tunnel ends
    except ValueError as err:
        raise RollupPlace(place=shown(root)) from err
    if parts.scheme not in ("s3", "https") and not alone:
        raise RollupPlace(place=shown(root))
    try:
        import obstore  # noqa: PLC0415 - an extra that few need
        from obstore.store import from_url  # noqa: PLC0415
    except ImportError as err:
        raise ExtraMissing(what="obstore", extra="rollup") from err
    plain = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("1", "true")
    options: Any = {
        "timeout": _ANSWER_WITHIN,
        "allow_http": alone or (parts.scheme == "s3" and plain),
    }
    if parts.scheme != "s3" and parts.username:
        account = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        basic = b64encode(account.encode()).decode()
        options["default_headers"] = {"Authorization": f"Basic {basic}"}
    retry: Any = {"max_retries": _TRIES, "retry_timeout": _TRY_FOR}
    try:
        store = from_url(shown(root), client_options=options, retry_config=retry)
    except obstore.exceptions.BaseError as err:
        raise RollupPlace(place=shown(root)) from err
    return Line(obstore, store, root)
