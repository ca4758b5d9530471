"""Whether the process answers; for proxies and service managers."""

from __future__ import annotations

from flask import Blueprint, Response

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """Always "ok", and nothing else: it is open to everybody."""
    return Response("ok\n", mimetype="text/plain")
