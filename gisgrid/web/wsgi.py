"""The application of a process that stays: of `gisgrid serve`, or of a server with several."""

from __future__ import annotations

import atexit
import itertools
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid import allocator, collector, maps
from gisgrid import settings as configuration
from gisgrid.errors import GisgridError
from gisgrid.operations import auditing, erasing, safety, tiling, waiting
from gisgrid.operations.tile_store import FIRST_ZOOMS, LATER_ZOOMS
from gisgrid.operations.workspace import Workspace
from gisgrid.web import journal
from gisgrid.web.app import create_app

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.settings import Settings

QUIET_S = 5.0
"""The first map is on its way then; shapes of deeper zooms would take the processor from it."""
KEEP_EVERY_S = 900.0
"""How often it is looked at whether the columns that are kept are still near enough."""
TIDY_EVERY_S = 60.0
"""How often files are looked for whose time is over."""


def application() -> Flask:
    """What each process of such a server calls; docs/operations.md has granian's command.

    Settings come from the file that GISGRID_CONFIG names and from the other GISGRID_… variables;
    host, port and threads are the server's own business. There is a proxy in front, as for whatever
    is open to others: the visitor's address and scheme are taken from its headers.

    Raises what `create_app` and `safety.refuse_unsafe` raise.
    """
    environ = dict(os.environ)
    config = environ.pop("GISGRID_CONFIG", "")
    settings = configuration.load(Path(config) if config else None, environ)
    safety.refuse_unsafe(settings, behind_proxy=True)
    workspace = Workspace.open(settings)
    atexit.register(workspace.close)
    return staying(settings, workspace, behind_proxy=True)


def staying(settings: Settings, workspace: Workspace, *, behind_proxy: bool) -> Flask:
    """The application of a process that stays: it hears of changes by others, and is soon warm."""
    allocator.share_arena()
    workspace.store.follow()
    journal.configure(settings.log_format)
    if workspace.in_database:
        erasing.recall(workspace)  # before anybody sees whom another tool brought back
    app = create_app(settings, workspace, behind_proxy=behind_proxy)
    collector.keep()
    # The first reader shall not wait for the columns: they are loaded while the page travels. Not
    # before the application stands: a thread at work would bring down a process that gives up.
    threading.Thread(target=warm, args=(workspace,), daemon=True, name="warm").start()
    threading.Thread(target=tidy, args=(workspace,), daemon=True, name="tidy").start()
    return app


def tidy(workspace: Workspace) -> None:
    """Look after what waits for an hour, for as long as the server stands.

    An erasure by another process, or on another machine, is heard of here too. Where the account of
    use ends goes into the log, at the start and then once an hour.
    """
    heads = auditing.Heads()
    for minute in itertools.count():
        with suppress(GisgridError):
            waiting.purge(workspace)
            erasing.keep_list(workspace)
        if minute % 60 == 0:
            with suppress(GisgridError):
                heads.tell(workspace)
        time.sleep(TIDY_EVERY_S)


def warm(workspace: Workspace) -> None:
    """Load the columns, today's figures and what a first map shows; who asks hears of a failure.

    Then finish what a crash may have left of an erasure, keep the columns for the next start, make
    the shapes of deeper zooms, and go on keeping the columns: a daemon's work, which ends with the
    server.
    """
    maps.load()
    with suppress(GisgridError):
        workspace.snapshot().state(workspace.today())
        tiling.warm(workspace, FIRST_ZOOMS)
        erasing.finish(workspace)
    _keep(workspace)
    time.sleep(QUIET_S)
    with suppress(GisgridError):
        workspace.snapshot().ids.get_indexer([""])  # the first report is not to wait for the index
    for zoom in LATER_ZOOMS:
        with suppress(GisgridError):
            tiling.warm(workspace, [zoom])
        allocator.give_back()  # each leaves behind as much as it keeps
    while True:
        time.sleep(KEEP_EVERY_S)
        _keep(workspace)


def _keep(workspace: Workspace) -> None:
    with suppress(GisgridError):
        workspace.keep_columns()
    allocator.give_back()
