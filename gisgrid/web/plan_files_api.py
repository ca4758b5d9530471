"""The API of drafts as files for QGIS: out, and back."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Response, jsonify, request

from gisgrid.operations.plans import file_out, file_take
from gisgrid.operations.plans.file_take import Wishes
from gisgrid.web.answers import disposition
from gisgrid.web.current import actor, workspace
from gisgrid.web.drafts_api import asked, blueprint, needed_version, with_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

GPKG = "application/geopackage+sqlite3"


@blueprint.get("/drafts/<int:draft>/file")
def file(draft: int) -> Response:
    """The draft as a GeoPackage."""
    asked()
    return download(draft)


@blueprint.post("/drafts/<int:draft>/file")
def take_file(draft: int) -> Response:
    """Take a GeoPackage back, or only look at it."""
    given = asked()
    trial = bool(given.pop("dry_run", False))
    name = given.pop("name", "draft.gpkg")
    with sent(name) as path:
        more: dict[str, Any] = {"name": name, "draft": draft, "wishes": Wishes(**given)}
        if trial:
            return jsonify(file_take.look(workspace(), actor(), path, **more))
        seen = needed_version()
        return with_tag(file_take.take_over(workspace(), actor(), path, seen=seen, **more))


def download(draft: int) -> Response:
    """The file of a draft as a download."""
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as folder:
        path = file_out.export_draft(workspace(), actor(), draft, Path(folder))
        answer = Response(path.read_bytes(), mimetype=GPKG)
    answer.headers["Content-Disposition"] = disposition(path.name)
    return answer


@contextmanager
def sent(name: str) -> Iterator[Path]:
    """What was sent, as a file under a name of ours for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as folder:
        suffix = Path(name).suffix[:8]
        path = Path(folder) / f"sent{suffix if suffix[1:].isalnum() else ''}"
        path.write_bytes(request.get_data(cache=False))
        yield path
