"""Uploads between preview and confirmation: private, under our own names, an hour at most."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisgrid.errors import UploadGone

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.datastructures import FileStorage

LASTS_SECONDS = 3600.0
EACH_PERSON = 5
"""Files that one person can have waiting; the oldest goes first."""

_PREFIX = "gisgrid-upload-"
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits. path: under a name of ours; name: what the person calls it."""

    number: str
    person: int
    path: Path
    name: str
    layer: str
    options: dict[str, Any]
    since: float


class Uploads:
    """The files that wait in this process; thread-safe. clock: seconds, rising."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waiting: dict[str, Upload] = {}
        self._lock = threading.Lock()

    def keep(self, person: int, file: FileStorage, layer: str, options: dict[str, Any]) -> Upload:
        """Save `file` in a folder of its own that only this process's user can read."""
        self.purge()
        name = (file.filename or "").replace("\\", "/").rpartition("/")[2]
        suffix = _SUFFIX.search(name)
        path = Path(tempfile.mkdtemp(prefix=_PREFIX)) / f"upload{suffix[0] if suffix else ''}"
        try:
            file.save(path)
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        number = secrets.token_urlsafe(24)
        upload = Upload(number, person, path, name, layer, options, self._clock())
        with self._lock:
            self._waiting[number] = upload
            mine = [u for u in self._waiting.values() if u.person == person]
        for old in mine[:-EACH_PERSON]:
            self.drop(old)
        return upload

    def get(self, person: int, number: str) -> Upload:
        """The person's own upload. Raises UploadGone for any other, and after an hour."""
        self.purge()
        with self._lock:
            upload = self._waiting.get(number)
        if upload is None or upload.person != person:
            raise UploadGone
        return upload

    def explain(self, upload: Upload, **options: Any) -> None:
        """Say more about a file that waits; what was said before of the same option goes."""
        with self._lock:
            if upload.number in self._waiting:
                told = replace(upload, options=upload.options | options)
                self._waiting[upload.number] = told

    def drop(self, upload: Upload) -> None:
        """Forget and delete."""
        with self._lock:
            self._waiting.pop(upload.number, None)
        shutil.rmtree(upload.path.parent, ignore_errors=True)

    def purge(self) -> None:
        """Drop what waited too long."""
        with self._lock:
            waiting = list(self._waiting.values())
        for upload in waiting:
            if self._clock() - upload.since > LASTS_SECONDS:
                self.drop(upload)
        sweep()

    def clear(self) -> None:
        """Drop everything; at the end of the process."""
        for upload in list(self._waiting.values()):
            self.drop(upload)


def sweep(now: float | None = None) -> None:
    """Delete what a killed server left behind: any upload of ours that is too old to be waiting.

    A live server's own files are younger, whichever process looks. now: seconds since 1970.
    """
    limit = (time.time() if now is None else now) - LASTS_SECONDS
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # another process's user, or gone already
            if folder.stat().st_mtime < limit:
                shutil.rmtree(folder)
