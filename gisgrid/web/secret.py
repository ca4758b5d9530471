"""The key that signs cookies: from the settings, else from a file beside the store."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.errors import SettingBad

if TYPE_CHECKING:
    from gisgrid.settings import Settings

LEAST_BYTES = 32
FILE = "secret_key"
RUN = 3
DISTINCT_RUNS = 24
"""Runs of three characters that must differ: of 32 hexadecimal digits of chance nearly all 30 do,
of a word said again and again a few."""


def secret_key(settings: Settings) -> bytes:
    """The key of this installation; made at the first start (32 random bytes, mode 0600).

    Raises SettingBad for a key that is short, repetitive, or readable by others.
    """
    if settings.secret_key:
        return _strong(settings.secret_key.encode())
    if "://" in settings.store:
        raise SettingBad(
            name="secret_key",
            value="(empty)",
            problem="with a database URL it must be set, there is no file to keep it beside",
        )
    path = Path(settings.store).resolve().parent / FILE
    try:
        return _strong(_kept(path))
    except OSError as err:
        problem = f"the file {FILE} beside the store cannot be used ({err.strerror})"
        raise SettingBad(name="secret_key", value="(hidden)", problem=problem) from err


def _kept(path: Path) -> bytes:
    """The key in the file at `path`; of two processes that make it at once, one wins."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        # Windows has no such bits: there the folder's own rights protect the file.
        if os.name == "posix" and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            problem = f"others can read the file {FILE} beside the store; chmod 600 it"
            raise SettingBad(name="secret_key", value="(hidden)", problem=problem) from None
        return path.read_bytes().strip()
    with os.fdopen(handle, "wb") as file:
        file.write(secrets.token_hex(LEAST_BYTES).encode())
    return path.read_bytes()


def _strong(key: bytes) -> bytes:
    runs = {key[i : i + RUN] for i in range(len(key) - RUN + 1)}
    if len(key) < LEAST_BYTES or len(set(key)) < 8 or len(runs) < DISTINCT_RUNS:
        problem = f"it must be at least {LEAST_BYTES} random characters"
        raise SettingBad(name="secret_key", value="(hidden)", problem=problem)
    return key
