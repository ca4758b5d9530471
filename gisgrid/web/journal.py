"""The log: one line a request, with ids and never with names, as text or as JSON.

A line tells the route's pattern and not the address that was asked for, the number of the person
and not the name; a failure tells where, and not the words of the error, which may quote the data.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import g, has_request_context, request

if TYPE_CHECKING:
    from types import TracebackType

    from flask import Flask, Response

HEADER = "X-Request-ID"
REQUESTS = logging.getLogger("gisgrid.requests")
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")
_FIELDS = ("route", "method", "status", "ms", "person")


def register(app: Flask) -> None:
    """Number each request and write its line."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "")
        # A proxy in front numbers its requests; a number of another form is not passed on.
        g.request_id = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        g.request_began = time.perf_counter()

    @app.after_request
    def finish(answer: Response) -> Response:
        if "request_id" in g:  # not there when the host itself was refused
            answer.headers[HEADER] = g.request_id
            REQUESTS.info("%s", _route(), extra=_facts(answer))
        return answer


def _route() -> str:
    return str(request.url_rule.rule) if request.url_rule else "(none)"


def _facts(answer: Response) -> dict[str, Any]:
    # The person whom this request has looked up already: a line of the log costs no read.
    actor = getattr(g.get("_login_user"), "actor", None)
    return {
        "route": _route(),
        "method": request.method if request.method in ("GET", "POST", "HEAD") else "other",
        "status": answer.status_code,
        "ms": round((time.perf_counter() - g.request_began) * 1000, 1),
        "person": actor.person if actor else None,
    }


def request_id() -> str | None:
    """The number of the request at hand; None outside of one."""
    found: str | None = g.get("request_id") if has_request_context() else None
    return found


class Lines(logging.Formatter):
    """A line of text."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message, and what is known of the request."""
        facts = [f"{k}={v}" for k, v in told(record).items() if v is not None]
        text = f"{_moment(record)} {record.levelname} {record.name} {_line(record.getMessage())}"
        text = " ".join([text, *facts])
        return text if not record.exc_info else f"{text}\n{self.formatException(record.exc_info)}"

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name is logging's
        """Where it happened, and the kind of the error; not its words."""
        return where(ei)


class JsonLines(Lines):
    """The same as one JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Keys: time, level, logger, message; request, route, method, status, ms, person; trace."""
        found: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **told(record),
        }
        if record.exc_info:
            found["trace"] = self.formatException(record.exc_info)
        return json.dumps(found, ensure_ascii=False)


def told(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says of its request."""
    found: dict[str, Any] = {"request": request_id()} if request_id() else {}
    return found | {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}


def where(failure: tuple[type[BaseException], BaseException, TracebackType | None] | Any) -> str:
    """The trace of a failure without the words of the error or of those before it."""
    lines: list[str] = []
    error: BaseException | None = failure[1]
    while error is not None:
        frames = [
            f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)
        ]
        lines = ["\n".join([*frames, type(error).__qualname__]), *lines]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\nwhich led to\n".join(lines)


def _moment(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(text: str) -> str:
    """No control characters: what comes from outside cannot begin a line of its own."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def configure(form: str) -> None:
    """Write all logs of this process to standard error. form: text or json."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if form == "json" else Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
