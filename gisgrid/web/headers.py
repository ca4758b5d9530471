"""What every answer carries: what the browser may do with it, how long it may be kept, gzip."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from flask import request

from gisgrid.errors import OtherSite
from gisgrid.web import basemap

if TYPE_CHECKING:
    from flask import Flask, Response

    from gisgrid.settings import Settings

GZIP_FROM = 1024
GZIP_TYPES = (
    "application/geo+json",
    "application/javascript",
    "application/json",
    "application/problem+json",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "image/svg+xml",
)
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
DOCUMENT = {
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
}


def policy(hosts: list[str]) -> str:
    """The Content-Security-Policy; open to `hosts` only for the pictures of a base map."""
    pictures = " ".join(["'self' data: blob:", *hosts])
    return "; ".join(
        (
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "style-src-attr 'unsafe-inline'",  # Leaflet and folium place elements by style=
            f"img-src {pictures}",
            "worker-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def register(app: Flask) -> None:
    """Hang the headers onto the application."""
    settings = _settings(app)
    under = basemap.chosen(settings)
    csp = policy(under.hosts() if under else [])

    @app.before_request
    def refuse_other_sites() -> None:
        # Browsers say where a request comes from; one that changes something, or that would run
        # the map's script in a foreign page, must come from our own pages.
        own = request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
        if not own and (request.method not in SAFE_METHODS or request.path.startswith("/map/")):
            raise OtherSite

    @app.after_request
    def finish(answer: Response) -> Response:
        # A tile is never a document, and a map asks for dozens: long headers would be half of it.
        tile = request.endpoint == "tiles.tile" and answer.status_code < 400
        answer.headers["Content-Security-Policy"] = "default-src 'none'" if tile else csp
        for name, value in (FIXED if tile else FIXED | DOCUMENT).items():
            answer.headers.setdefault(name, value)
        if "Cache-Control" not in answer.headers:
            answer.headers["Cache-Control"] = "no-store, private"
        if request.is_secure:
            answer.headers["Strict-Transport-Security"] = "max-age=31536000"
        return zipped(answer)


def _settings(app: Flask) -> Settings:
    settings: Settings = app.extensions["gisgrid"].settings
    return settings


def zipped(answer: Response) -> Response:
    """`answer` gzip'ed when it is text of some size and the browser takes it."""
    if (
        answer.mimetype not in GZIP_TYPES
        or answer.direct_passthrough
        or answer.is_streamed
        or "Content-Encoding" in answer.headers
        or answer.status_code in (204, 304)
    ):
        return answer
    answer.vary.add("Accept-Encoding")
    if accepts_gzip() and (answer.content_length or 0) >= GZIP_FROM:
        answer.set_data(gzip.compress(answer.get_data(), compresslevel=5, mtime=0))
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def accepts_gzip() -> bool:
    """Whether this request's browser takes gzip."""
    return request.accept_encodings["gzip"] > 0
