"""The work on files that people sent, beside the pages: looked at, then stored, told as it goes.

A file is stored in one transaction. Where a server is stopped in the middle of it nothing is
stored, and the next one says so and shows what an import would do now.
"""

from __future__ import annotations

import secrets
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gisgrid.errors import ChildFailed, CrsChoice, GisgridError, UploadErased, UploadGone
from gisgrid.operations import beside, importing
from gisgrid.operations.uploads import uploads_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisgrid.access import Actor
    from gisgrid.operations.importing_picture import Picture
    from gisgrid.operations.uploads import Upload
    from gisgrid.operations.workspace import Workspace

AT_ONE_TIME = 2
"""Files that one process works on; the others wait."""
STALE_SECONDS = 20.0
"""Work without a sign of life for that long was somebody's who is no more."""
_BEAT_SECONDS = 3.0
_TELL_SECONDS = 0.4
_LOOKED = 0.65
"""Share of a whole import at which a look at the file ends."""


class ImportJobs:
    """The work of one store; thread-safe.

    draw: what the page draws of a look, in JSON types. choose: the same of a CrsChoice.
    """

    def __init__(
        self,
        ws: Workspace,
        *,
        draw: Callable[[Picture], dict[str, Any]],
        choose: Callable[[CrsChoice], dict[str, Any]],
        stale_seconds: float = STALE_SECONDS,
    ) -> None:
        self._ws = ws
        self.uploads = uploads_of(ws)
        self._draw = draw
        self._choose = choose
        self._stale = stale_seconds
        self._turns: set[str] = set()
        self._room = threading.BoundedSemaphore(AT_ONE_TIME)
        self._ended = threading.Condition()

    def look(self, actor: Actor, upload: Upload, *, stopped: bool = False) -> None:
        """Begin to look at a file; what else is going on with it counts no more.

        stopped: note that a server stopped while it stored the file.
        """
        self._begin(actor, upload, self._look, task="look", stopped=stopped)

    def store(self, actor: Actor, upload: Upload) -> None:
        """Begin to import a file."""
        self._begin(actor, upload, self._store, task="store", stopped=False)

    def abandoned(self, upload: Upload) -> bool:
        """Whether the work that is said to go on is nobody's any more."""
        if upload.state != "working" or upload.turn in self._turns:
            return False
        try:
            last = _sign(upload).stat().st_mtime
        except OSError:
            last = upload.begun
        return time.time() - last > self._stale

    def wait(self, upload: Upload, seconds: float) -> None:
        """Until this process has ended its work on a file, but not longer than that."""
        until = time.monotonic() + seconds
        mine = f"{upload.number} "
        with self._ended:
            while any(turn.startswith(mine) for turn in self._turns):
                if time.monotonic() >= until:
                    return
                self._ended.wait(max(0.0, until - time.monotonic()))

    # The work ------------------------------------------------------------------------------------

    def _begin(self, actor: Actor, upload: Upload, work: Callable[..., Any], **said: Any) -> None:
        turn = f"{upload.number} {secrets.token_hex(8)}"
        said |= {"state": "working", "step": "", "share": 0.0, "error": {}}
        with self._ended:
            self._turns.add(turn)
        if not self.uploads.change(
            upload.number, of_turn=upload.turn, turn=turn, begun=time.time(), **said
        ):
            self._end(turn)
            return
        worker = threading.Thread(
            target=self._work, args=(actor, upload.number, turn, work), name="imports", daemon=True
        )
        worker.start()

    def _work(self, actor: Actor, number: str, turn: str, work: Callable[..., Any]) -> None:
        stop = threading.Event()
        try:
            upload = self.uploads.get(actor.person, number)
            threading.Thread(target=_beat, args=(upload, stop), daemon=True).start()
            with self._room:
                self._one(actor, upload, turn, work)
        except (UploadGone, UploadErased):
            pass  # discarded meanwhile, or deleted with somebody who may stand in it
        finally:
            stop.set()
            self._end(turn)

    def _one(self, actor: Actor, upload: Upload, turn: str, work: Callable[..., Any]) -> None:
        """Do one piece of work; whatever goes wrong becomes its answer."""
        try:
            self.uploads.put(upload, work(actor, upload, self._teller(upload, turn)))
            self.uploads.change(upload.number, of_turn=turn, state="done", share=1.0)
        except GisgridError as err:
            self._fail(upload, turn, err)
        except Exception:
            mishap = ChildFailed(file=upload.name, problem="something went wrong on our side")
            self._fail(upload, turn, mishap)
            raise

    def _look(self, actor: Actor, upload: Upload, progress: importing.Progress) -> dict[str, Any]:
        standing = importing.standing(self._ws, upload.layer)
        try:
            report, seen = importing.drawn(
                self._ws,
                actor,
                upload.layer,
                upload.path,
                wishes(upload),
                lambda share, step: progress(share / _LOOKED, step),
            )
        except CrsChoice as err:
            self.uploads.put(upload, self._choose(err))
            raise
        return {"standing": standing, "report": report.to_json(), **self._draw(seen)}

    def _store(self, actor: Actor, upload: Upload, progress: importing.Progress) -> dict[str, Any]:
        report = importing.run(self._ws, actor, upload.layer, upload.path, wishes(upload), progress)
        upload.path.unlink(missing_ok=True)
        return {"report": report.to_json()}

    def _teller(self, upload: Upload, turn: str) -> importing.Progress:
        """Notes how far it is, a few times a second."""
        told: tuple[float, str] = (0.0, "")

        def tell(share: float, step: str) -> None:
            nonlocal told
            now = time.monotonic()
            if step != told[1] or now - told[0] > _TELL_SECONDS:
                told = (now, step)
                share = min(max(share, 0.0), 1.0)
                self.uploads.change(upload.number, of_turn=turn, step=step, share=share)

        return tell

    def _fail(self, upload: Upload, turn: str, err: GisgridError) -> None:
        error = beside.told(err)
        self.uploads.change(upload.number, of_turn=turn, state="failed", error=error)

    def _end(self, turn: str) -> None:
        with self._ended:
            self._turns.discard(turn)
            self._ended.notify_all()


def wishes(upload: Upload) -> importing.ImportOptions:
    """The options of an upload, with the name that the person knows the file by."""
    return importing.ImportOptions(**upload.options, name=upload.name)


def _sign(upload: Upload) -> Path:
    return upload.path.with_name("alive")


def _beat(upload: Upload, stop: threading.Event) -> None:
    """Leave signs of life."""
    while True:
        with suppress(OSError):
            _sign(upload).touch(mode=0o600)
        if stop.wait(_BEAT_SECONDS):
            return
