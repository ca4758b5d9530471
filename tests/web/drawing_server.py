"""A server process that tests kill: `python drawing_server.py STORE`, then a line for each server.

It has everything imported already; each line on standard input forks a server and answers with its
process number and port.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from waitress.server import create_server

from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.web import create_app

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def serve(url: str) -> None:
    """Serve the store until killed."""
    settings = Settings(store=url, secret_key=os.environ.get("GISGRID_SECRET_KEY", ""))
    workspace = Workspace(Store.open(url), settings, lambda: NOW)
    app = create_app(settings, workspace)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    sys.stdout.write(f"{os.getpid()} {server.effective_port}\n")
    sys.stdout.flush()
    server.run()


def main() -> None:
    """Fork a server for each line."""
    for _ in sys.stdin:
        if os.fork() == 0:
            serve(sys.argv[1])
            os._exit(0)


if __name__ == "__main__":
    main()
