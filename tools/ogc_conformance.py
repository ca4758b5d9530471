"""Run an independent conformance suite (PyPI ogctests) against /ogc: not part of the gates.

    python -m venv /tmp/ogctests && /tmp/ogctests/bin/pip install ogctests==0.1.15
    python tools/ogc_conformance.py /tmp/ogctests/bin/python [STORE]

Without STORE a demo county is made; a STORE is copied. The suite knows no sign-in, so it talks to
a door that adds one and does nothing else. Its schemas, which are those of the standard, know no
feature without a place (geometry null), though GeoJSON does (RFC 7946, 3.2) and the standard is to
follow (opengeospatial/ogcapi-features, pull request 833): in the copy everything gets a place.
The exit code is the suite's.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
from base64 import b64encode
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from waitress.server import create_server

from gisgrid.access import CONSOLE
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_RUN = """
import sys
from ogctests.main import run_ogctests
sys.exit(run_ogctests("features/core", sys.argv[1], ["-q", "-rA", "--tb=short"]))
"""
NAME = "conformance suite"
PASSWORD = "only for the time of this run"  # noqa: S105 - of a store that is a copy


def main() -> int:
    """Serve, run the suite, say how it ended."""
    suite = Path(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="gisgrid-") as folder:
        store = Path(folder) / "county.gpkg"
        _fill(store, sys.argv[2:])
        settings = Settings(store=str(store))
        workspace = Workspace.open(settings)
        if workspace.store.person(NAME) is None:
            more: dict[str, Any] = {"role": "supervisor", "scope": "*", "password": PASSWORD}
            people.add(workspace, CONSOLE, NAME, **more)
        server: Any = create_server(
            _signed_in(create_app(settings, workspace)), host="127.0.0.1", port=0
        )
        threading.Thread(target=server.run, daemon=True).start()
        address = f"http://127.0.0.1:{server.effective_port}/ogc"
        urlopen(f"{address}/collections").close()  # noqa: S310 - the first answer takes longest
        # All of its tests, with the reasons of those that fail, whatever its own command hides.
        ended = subprocess.run(  # noqa: S603 - the interpreter that was named
            [
                str(suite),
                "-c",
                _RUN,
                address,
            ],
            check=False,
            cwd=folder,
        )
        server.close()
        workspace.close()
    return ended.returncode


def _fill(store: Path, given: list[str]) -> None:
    """The county to be judged, everything in it with a place."""
    if given:
        shutil.copyfile(given[0], store)
    else:
        command = [sys.executable, "-m", "gisgrid", "demo", "--households", "5000", "--no-serve"]
        subprocess.run([*command, "--store", str(store)], check=True)  # noqa: S603
    with closing(sqlite3.connect(store)) as base:
        place = "(SELECT geom FROM households WHERE geom NOT NULL ORDER BY id LIMIT 1)"
        for layer in ("households", "cases"):
            base.execute(f"UPDATE {layer} SET geom = {place} WHERE geom IS NULL")  # noqa: S608
        base.commit()


def _signed_in(app: Any) -> Callable[..., Iterable[bytes]]:
    """The application as who is signed in sees it."""
    said = "Basic " + b64encode(f"{NAME}:{PASSWORD}".encode()).decode()

    def door(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        environ["HTTP_AUTHORIZATION"] = said
        found: Iterable[bytes] = app(environ, start)
        return found

    return door


if __name__ == "__main__":
    sys.exit(main())
