"""Files that wait for an hour beside the store: none stays longer, and none outlives an erasure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gisgrid.operations.export_jobs import ExportJobs
from gisgrid.operations.uploads import uploads_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.operations.workspace import Workspace


def purge(ws: Workspace, clock: Callable[[], float] = time.time) -> None:
    """Delete exports and uploads whose time is over, or in which somebody erased may stand.

    What is being worked on looks for itself when it ends: it may have read its rows before. clock:
    seconds since 1970.
    """
    uploads_of(ws, clock).purge()
    ExportJobs(ws, clock=clock).purge()
