"""The program that works on foreign files, one task per process (`-m gisgrid.exchange.child`).

It reads a task as JSON from standard input, works in its current folder, and prints {} or
{"error": …, "facts": …}. Before it looks at anything it gives up what it could do harm with.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import sys
from typing import Any

from gisgrid.errors import ChildFailed, GisgridError
from gisgrid.exchange import limits


def main(seconds: int) -> None:
    """Do the task of standard input, in so many seconds of the processor."""
    _give_up_rights(seconds)
    task = json.loads(sys.stdin.read())
    answer: dict[str, Any] = {}
    try:
        _do(task)
    except GisgridError as err:
        answer = {"error": type(err).__name__, "facts": err.facts}
    except MemoryError:
        facts = {"file": task["file"], "problem": "it needs too much memory"}
        answer = {"error": ChildFailed.__name__, "facts": facts}
    sys.stdout.write("\n" + json.dumps(answer) + "\n")


_TASKS: dict[str, tuple[str, str]] = {
    "shp": ("gisgrid.exchange.child_shp", "read_shp"),
    "gpkg": ("gisgrid.exchange.child_gpkg", "read_gpkg"),
    "excel": ("gisgrid.exchange.child_excel", "read_excel"),
    "far": ("gisgrid.exchange.child_extent", "find_far"),
    "html": ("gisgrid.exchange.child_html", "read_html"),
    "kml": ("gisgrid.exchange.child_kml", "read_kml"),
    "fgb": ("gisgrid.exchange.child_ogr", "read_ogr"),
    "gml": ("gisgrid.exchange.child_ogr", "read_ogr"),
    "dxf": ("gisgrid.exchange.child_ogr", "read_ogr"),
    "parquet": ("gisgrid.exchange.child_parquet", "read_parquet"),
    "write_parquet": ("gisgrid.exchange.child_parquet", "write_parquet"),
    "back": ("gisgrid.exchange.child_back", "read_back"),
    "write": ("gisgrid.exchange.child_write", "write"),
}


_PANDAS = ("pandas", "geopandas", "pyarrow")
_LEFT_OUT: dict[str, tuple[str, ...]] = {
    "back": (*_PANDAS, "pyproj", "shapely"),
    "shp": (*_PANDAS, "pyproj", "shapely"),
    "write": (*_PANDAS, "pyproj", "shapely"),
    "parquet": _PANDAS,
}
"""What pyogrio and DuckDB load where they find it, and what is not asked of them here."""


def _do(task: dict[str, Any]) -> None:
    """Load the one library that the task needs, after the limits are set.

    What it would load beside itself takes more than half of the time that a process takes to start.
    """
    left_out = _LEFT_OUT.get(task["task"], ())
    sys.modules |= dict.fromkeys(left_out)  # type: ignore[arg-type]
    module, function = _TASKS[task["task"]]
    getattr(importlib.import_module(module), function)(task)


_NEW_USER_AND_NETWORK = 0x10000000 | 0x40000000


def _give_up_rights(seconds: int) -> None:
    """Limits of memory, time and files; no network. A system without these goes without."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None, use_errno=True).unshare(_NEW_USER_AND_NETWORK)
    with contextlib.suppress(ImportError):
        import resource  # noqa: PLC0415 - Windows has no such module

        for which, most, at_last in (
            (resource.RLIMIT_AS, limits.CHILD_MEMORY_BYTES, 0),
            (resource.RLIMIT_CPU, seconds, 2),  # the first limit ends it with a signal of its own
            (resource.RLIMIT_FSIZE, limits.CHILD_FILE_BYTES, 0),
            (resource.RLIMIT_NOFILE, limits.CHILD_OPEN_FILES, 0),
            (resource.RLIMIT_CORE, 0, 0),
        ):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(which, (most, most + at_last))


if __name__ == "__main__":
    main(limits.CHILD_CPU_SECONDS)
