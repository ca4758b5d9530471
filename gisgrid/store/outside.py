"""What belongs to a database and lies outside it, so that it outlives what happens to it.

The list of the erased is needed when an older state of the database is brought back; copies from
before a step of the schema are the way back. Both are named after the store's token, which a dump
brings along, so they are found whatever the database is called by then.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from gisgrid.errors import StateUnwritable

DUMP_SUFFIX = ".dump"


def folder(named: str = "") -> Path:
    """Where it lies: as the settings say, else systemd, else the user's own folder of states."""
    if named:
        return Path(named).absolute()
    if given := os.environ.get("STATE_DIRECTORY", "").partition(":")[0]:
        return Path(given)
    home = os.environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home else Path.home() / ".local" / "state") / "gisgrid"


def place(token: str, named: str = "") -> Path:
    """What all files of one store are named after."""
    return folder(named) / token


def dumps(at: Path) -> Path:
    """What the copies of a database are named after (`backup.kept_before`). at: of `place`."""
    return at.with_name(f"{at.name}{DUMP_SUFFIX}")


def make_ready(within: Path) -> None:
    """Make the folder for its owner alone, and see that it takes files. Raises StateUnwritable."""
    try:
        within.mkdir(mode=0o700, parents=True, exist_ok=True)
        trial = within / f".{secrets.token_hex(8)}"
        os.close(os.open(trial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        trial.unlink()
    except OSError as err:
        raise StateUnwritable(folder=str(within), problem=err.strerror or str(err)) from err
