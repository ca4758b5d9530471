"""What lies beside a store for an hour: files that wait and jobs, each in a folder of its own.

Only the user of this process can read them. What is known of one is a text that is replaced whole,
so that every process that serves the store finds it, and finds it unbroken.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisgrid import errors

if TYPE_CHECKING:
    from gisgrid.errors import GisgridError
    from gisgrid.store import Store

LASTS_SECONDS = 3600.0
"""How long it is kept after it was asked for or sent."""
EACH_PERSON = 5
"""How many of a kind one person can have; the oldest goes first."""
NUMBER = re.compile(r"[A-Za-z0-9_-]{32}")
"""What one is called: nobody can guess it."""


def folder_of(store: Store, what: str) -> Path:
    """Where all of a kind lie: beside the store's file; of a database, among what is temporary.

    Whoever opens a database, by whatever account and name of its server, finds the same folder.
    """
    if "://" not in store.url:
        path = Path(store.url).resolve()
        return path.with_name(f"{path.name}.{what}")
    named = sha256(store.token.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gisgrid-{what}-{named}"


def new_folder(within: Path) -> Path:
    """An empty folder under a new number."""
    within.mkdir(mode=0o700, exist_ok=True)
    made = within / secrets.token_urlsafe(24)
    made.mkdir(mode=0o700)
    return made


def numbers(within: Path) -> list[str]:
    """The numbers of all that lie there."""
    try:
        return [path.name for path in within.iterdir() if NUMBER.fullmatch(path.name)]
    except OSError:
        return []


def bare(folder: Path, *, but: str) -> None:
    """Delete all that lies in a folder, but for what is known of it."""
    with suppress(OSError):
        for path in list(folder.iterdir()):
            if path.name != but:
                with suppress(OSError):
                    path.unlink()


def purge_nameless(within: Path, known: str, now: float) -> None:
    """Delete folders of which nothing is known, left by who was killed, as old as all may get."""
    for number in numbers(within):
        folder = within / number
        with suppress(OSError):
            if not (folder / known).exists() and now - folder.stat().st_mtime > LASTS_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def put(path: Path, text: str) -> None:
    """Put a text in its place, whole; nothing where its folder was dropped meanwhile."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with suppress(FileNotFoundError):
        part.write_text(text, "utf-8")
        os.replace(part, path)  # noqa: PTH105 - atomic on all systems


def told(err: GisgridError) -> dict[str, Any]:
    """An error in JSON types: {name, facts}."""
    return {"name": type(err).__name__, "facts": json.loads(json.dumps(err.facts, default=str))}


def error_of(said: dict[str, Any]) -> GisgridError | None:
    """The error that `told` wrote; None for nothing."""
    if not said:
        return None
    made: GisgridError = getattr(errors, said["name"])(**said["facts"])
    return made
