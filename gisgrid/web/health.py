"""Whether the process answers, and whether it should be sent work; for proxies and managers."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify

from gisgrid.operations import safety
from gisgrid.web.current import workspace

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Always "ok", and nothing else: it is open to everybody."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 or 503, without details: they are for the log, this is open to everybody."""
    fit = safety.fitness(workspace())
    answer = jsonify(ready=fit.ready)
    if not fit.ready:
        missing = [name for name in ("store", "disk", "figures") if not getattr(fit, name)]
        current_app.logger.warning("not ready: %s", ", ".join(missing))
        answer.status_code = 503
        answer.headers["Retry-After"] = "5"
    return answer
