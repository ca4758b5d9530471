"""Behind one reverse proxy: take the visitor's address and scheme from its headers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from flask import Flask


def behind(app: Flask) -> None:
    """Trust exactly one proxy; with none in front anybody could write these headers."""
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
