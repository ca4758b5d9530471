"""Files of `static/`: gzip'ed once, kept for a year under an address that names their content."""

from __future__ import annotations

import gzip
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, abort, request
from werkzeug.security import safe_join

from gisgrid import resources
from gisgrid.web.headers import GZIP_FROM, GZIP_TYPES, accepts_gzip

if TYPE_CHECKING:
    from flask import Flask

TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json"}
"""Not asked of the system: on Windows its registry may call .js text/plain."""


@dataclass(frozen=True)
class Asset:
    """One file as it goes out."""

    body: bytes
    mimetype: str
    etag: str

    @cached_property
    def small(self) -> bytes | None:
        """The body gzip'ed; None where that gains nothing."""
        if self.mimetype not in GZIP_TYPES or len(self.body) < GZIP_FROM:
            return None
        return gzip.compress(self.body, compresslevel=9, mtime=0)


class Assets:
    """The files of one folder, read when first asked for and again when they change on disk."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._kept: dict[str, tuple[int, Asset]] = {}

    @cached_property
    def digest(self) -> str:
        """Names the content of the whole folder, so that a module finds its neighbours under it."""
        total = sha256()
        for path in sorted(p for p in self.root.rglob("*") if p.is_file()):
            total.update(path.relative_to(self.root).as_posix().encode() + b"\0")
            total.update(sha256(path.read_bytes()).digest())
        return total.hexdigest()[:12]

    def get(self, name: str) -> Asset | None:
        """The file `name` below the folder; None when there is none."""
        joined = safe_join(str(self.root), name)
        path = Path(joined) if joined else None
        if path is None or not path.is_file():
            return None
        stamp = path.stat().st_mtime_ns
        kept = self._kept.get(name)
        if kept is None or kept[0] != stamp:
            body = path.read_bytes()
            kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
            asset = Asset(body, kind or "application/octet-stream", sha256(body).hexdigest()[:20])
            kept = self._kept[name] = (stamp, asset)
        return kept[1]


def register(app: Flask) -> None:
    """Serve /static/… and give the templates `asset(name)`, the address of a file."""
    assets = Assets(resources.folder("static"))

    def asset(name: str) -> str:
        # A prefix, not a query: what a module imports as "./i18n.js" must be the same file under
        # the same address as where a page names it, or the browser would load it twice.
        return f"/static/@{assets.digest}/{name}"

    def serve(name: str) -> Response:
        prefix, _, rest = name.partition("/")
        lasting = prefix == f"@{assets.digest}"
        found = assets.get(rest if prefix.startswith("@") else name)
        if found is None:
            abort(404)
        zipped = found.small if accepts_gzip() else None
        answer = Response(found.body if zipped is None else zipped, mimetype=found.mimetype)
        if zipped is not None:
            answer.headers["Content-Encoding"] = "gzip"
        answer.vary.add("Accept-Encoding")
        answer.set_etag(found.etag + ("-z" if zipped is not None else ""))
        answer.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if lasting else "public, no-cache"
        )
        answer.make_conditional(request)
        return answer

    app.add_url_rule("/static/<path:name>", "static", serve)
    app.jinja_env.globals["asset"] = asset
