"""Whether the process answers, and whether it should be sent work; for proxies and managers."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from flask import Blueprint, Response, current_app, jsonify

from gisgrid.operations import safety
from gisgrid.web.current import workspace

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.operations.safety import Fitness
    from gisgrid.operations.workspace import Workspace

LOOK_S = 1.0
"""A store that answers later than this is not fit for work: somebody holds its tables."""

blueprint = Blueprint("health", __name__)


class Looks:
    """Looks at the store, one at a time; who asks waits for none longer than LOOK_S."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._look: Look | None = None

    def fitness(self, ws: Workspace) -> Fitness | None:
        """What the look found; None where it has not come back in time."""
        with self._lock:
            if self._look is None or self._look.done.is_set():
                self._look = Look(ws)
            look = self._look
        look.done.wait(max(0.0, look.began + LOOK_S - time.monotonic()))
        return look.found


class Look:
    """One look, on a thread of its own, that is begun."""

    def __init__(self, ws: Workspace) -> None:
        self.began, self.done = time.monotonic(), threading.Event()
        self.found: Fitness | None = None
        threading.Thread(target=self._run, args=(ws,), daemon=True, name="look").start()

    def _run(self, ws: Workspace) -> None:
        try:
            self.found = safety.fitness(ws)
        finally:
            self.done.set()


def register(app: Flask) -> None:
    """Give the application its looks; its server says by `gisgrid.crowded` that it is full."""
    app.extensions["gisgrid.looks"] = Looks()
    app.extensions["gisgrid.crowded"] = lambda: False


@blueprint.get("/healthz")
def healthz() -> Response:
    """Always "ok", and nothing else: it is open to everybody."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 or 503, without details: they are for the log, this is open to everybody."""
    missing = _missing()
    answer = jsonify(ready=not missing)
    if missing:
        current_app.logger.warning("not ready: %s", ", ".join(missing))
        answer.status_code = 503
        answer.headers["Retry-After"] = "5"
    return answer


def _missing() -> list[str]:
    """What the server lacks to be sent work."""
    full = ["threads"] if current_app.extensions["gisgrid.crowded"]() else []
    fit = current_app.extensions["gisgrid.looks"].fitness(workspace())
    if fit is None:
        return ["store", *full]
    return [name for name in ("store", "disk", "figures") if not getattr(fit, name)] + full
