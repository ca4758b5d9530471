"""Files that people sent, between preview and confirmation: private, an hour at most.

An upload is a folder beside the store that only its owner on this machine can read: the file under
a name of ours, `upload.json` (whose it is, what was said of it, how far the work on it is), and
`found.json`, what came of the work. So every process that serves the store finds it, and a server
that is started again knows what another one was at.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from gisgrid.errors import UploadErased, UploadGone
from gisgrid.operations import beside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisgrid.errors import GisgridError
    from gisgrid.operations.workspace import Workspace

KNOWN = "upload.json"
"""What is known of an upload, in its folder."""
ERASED = "erased"
"""State of an upload whose file was deleted for an erasure."""
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits. file: its name of ours; name: what the person calls it.

    options: of importing.ImportOptions. since: seconds since 1970. task: look | store, "" before
    any work; state: working | done | failed | erased; step and share (0 to 1): how far it is; turn:
    which piece of work it is that says so. stopped: whether a server stopped while it stored the
    file. error: {name, facts} where it failed. mark: Store.erasure_mark when it had come.
    """

    number: str
    person: int
    file: str
    name: str
    layer: str
    options: dict[str, Any]
    since: float
    path: Path
    task: str = ""
    state: str = ""
    step: str = ""
    share: float = 0.0
    begun: float = 0.0
    turn: str = ""
    stopped: bool = False
    error: dict[str, Any] = field(default_factory=dict)
    mark: str = ""

    @property
    def problem(self) -> GisgridError | None:
        """Why it failed."""
        return beside.error_of(self.error)


class Uploads:
    """The files that wait beside one store; thread-safe.

    clock: seconds since 1970. mark: Store.erasure_mark. In what came before it changed somebody may
    stand who is erased: of that no more is kept than that it was there.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.time,
        mark: Callable[[], str] = lambda: "",
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._mark = mark
        self._lock = threading.RLock()

    def keep(
        self,
        person: int,
        save: Callable[[Path], Any],
        name: str,
        layer: str,
        options: dict[str, Any],
    ) -> Upload:
        """Have `save` put a file into a folder of its own that only this process's user can read.

        name: as the person calls it, possibly with folders, which are left out.
        """
        self.purge()
        name = name.replace("\\", "/").rpartition("/")[2]
        suffix = _SUFFIX.search(name)
        folder = beside.new_folder(self._folder)
        file = f"upload{suffix[0] if suffix else ''}"
        try:
            save(folder / file)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        upload = Upload(
            folder.name, person, file, name, layer, options, self._clock(), path=folder / file
        )
        upload = replace(upload, mark=self._mark())
        self._write(upload)
        for old in self.of(person)[beside.EACH_PERSON :]:
            self.drop(old)
        return upload

    def get(self, person: int, number: str) -> Upload:
        """The person's own. Raises UploadGone for any other, and after an hour; UploadErased."""
        self.purge()
        upload = self._read(number)
        if upload is None or upload.person != person:
            raise UploadGone
        if upload.state == ERASED:
            raise UploadErased
        return upload

    def of(self, person: int) -> list[Upload]:
        """The person's own, the newest first."""
        mine = [u for u in self._all() if u.person == person and u.state != ERASED]
        return sorted(mine, key=lambda upload: -upload.since)

    def explain(self, upload: Upload, **options: Any) -> None:
        """Say more about a file that waits; what was found with what was said before goes."""
        told: dict[str, Any] = {"task": "", "state": "", "error": {}, "turn": "", "stopped": False}
        self.change(upload.number, options=upload.options | options, **told)

    def change(self, number: str, *, of_turn: str | None = None, **fields: Any) -> bool:
        """Note something of an upload; False where it is gone, or another turn's by now."""
        with self._lock:
            upload = self._read(number)
            if upload is None or (of_turn is not None and upload.turn != of_turn):
                return False
            self._write(replace(upload, **fields))
            return True

    def put(self, upload: Upload, found: dict[str, Any]) -> None:
        """Keep what came of the work on an upload; of one that was dropped, nothing."""
        beside.put(upload.path.with_name("found.json"), json.dumps(found))
        if upload.mark != self._mark():  # who erases after this finds it by himself
            self._erase(upload)

    def found(self, upload: Upload) -> dict[str, Any]:
        """What `put` kept. Raises UploadGone."""
        path = upload.path.with_name("found.json")
        try:
            told: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as err:
            raise UploadGone from err
        return told

    def drop(self, upload: Upload) -> None:
        """Forget and delete."""
        shutil.rmtree(upload.path.parent, ignore_errors=True)

    def purge(self) -> None:
        """Drop what waited too long, and files in which somebody may stand who is erased."""
        for upload in self._all():
            if self._clock() - upload.since > beside.LASTS_SECONDS:
                self.drop(upload)
        beside.purge_nameless(self._folder, KNOWN, self._clock())
        left = self._all()
        mark = self._mark() if left else ""
        for upload in left:
            if upload.mark != mark:
                self._erase(upload)

    def _erase(self, upload: Upload) -> None:
        """Delete the file and all that was found in it, its name too."""
        with self._lock:
            beside.bare(upload.path.parent, but=KNOWN)
            now = self._read(upload.number)
            if now is not None and now.state != ERASED:
                gone = replace(now, name="", options={}, state=ERASED, turn="", error={})
                self._write(gone)

    def _write(self, upload: Upload) -> None:
        told = asdict(upload)
        del told["path"]
        beside.put(upload.path.with_name(KNOWN), json.dumps(told, default=_day))

    def _read(self, number: str) -> Upload | None:
        if not beside.NUMBER.fullmatch(number):
            return None
        folder = self._folder / number
        try:
            told = json.loads((folder / KNOWN).read_text("utf-8"))
            told["options"] = _options(told["options"])
            return Upload(**told, path=folder / told["file"])
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def _all(self) -> list[Upload]:
        found = map(self._read, beside.numbers(self._folder))
        return [upload for upload in found if upload is not None]


def uploads_of(ws: Workspace, clock: Callable[[], float] = time.time) -> Uploads:
    """The files that wait beside the store."""
    return Uploads(beside.folder_of(ws.store, "uploads"), clock, ws.store.erasure_mark)


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError


def _options(told: dict[str, Any]) -> dict[str, Any]:
    """Options as JSON has them, in the types of ImportOptions."""
    found = dict(told)
    if found.get("valid_from"):
        found["valid_from"] = date.fromisoformat(found["valid_from"])
    if "winners" in found:
        found["winners"] = tuple((one, two) for one, two in found["winners"])
    return found
