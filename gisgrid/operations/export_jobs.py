"""Exports that take a while: asked for, worked on beside the pages, looked at, then fetched.

A job is a folder beside the store that only its owner on this machine can read: `job.json` says
what was asked and what came of it, the file lies next to it. What a killed server left unfinished
is begun again by the next one; what is ready waits an hour for the person who asked, and for nobody
else. Rights are read again when the work begins and when the file is fetched.
"""

from __future__ import annotations

import json
import queue
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from gisgrid.errors import DownloadErased, DownloadGone, FileUnwritable, GisgridError
from gisgrid.operations import beside, people
from gisgrid.operations.auditing import looked
from gisgrid.operations.export_job import Job
from gisgrid.operations.exporting import check_asked, export_file, object_taken

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gisgrid.access import Actor
    from gisgrid.operations.exporting import ExportOptions
    from gisgrid.operations.workspace import Workspace

STALE_SECONDS = 30.0
"""A job without a sign of life for that long is nobody's, and begun again."""
_BEAT_SECONDS = 5.0
KNOWN = "job.json"
"""What is known of a job, in its folder."""


class ExportJobs:
    """The jobs of one store; thread-safe. clock: seconds since 1970."""

    def __init__(
        self,
        ws: Workspace,
        *,
        clock: Callable[[], float] = time.time,
        stale_seconds: float = STALE_SECONDS,
    ) -> None:
        self._ws = ws
        self._folder = beside.folder_of(ws.store, "exports")
        self._clock = clock
        self._stale = stale_seconds
        self._queue: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        self._worker: threading.Thread | None = None
        self._mine: set[str] = set()

    def ask(self, actor: Actor, what: str, options: ExportOptions) -> Job:
        """Begin an export. Raises at once what export_file says of the question."""
        check_asked(self._ws, actor, what, options)
        self.purge()
        told = asdict(options) | {"as_of": options.as_of and options.as_of.isoformat()}
        number = beside.new_folder(self._folder).name
        job = Job(
            number, actor.person, actor.role.value, actor.scope.code, what, told, self._clock()
        )
        self._write(job)
        for old in self.of(actor)[beside.EACH_PERSON :]:
            self.drop(actor, old.number)
        self._begin(number)
        return job

    def of(self, actor: Actor) -> list[Job]:
        """The person's jobs, the newest first."""
        jobs = [job for job in self._all() if job.person == actor.person]
        return sorted(jobs, key=lambda job: -job.since)

    def get(self, actor: Actor, number: str) -> Job:
        """The person's own job, worked on again where nobody does. Raises DownloadGone."""
        self.purge()
        job = self._own(actor, number)
        if job.state in {"waiting", "working"} and self._abandoned(number):
            self._begin(number)
        return job

    def fetch(self, actor: Actor, number: str) -> Path:
        """The file that is ready; the look is in the account of use first.

        Raises DownloadGone, also where role or scope are no longer those that it was made for;
        DownloadErased; what check_asked says, where the rules of the level changed.
        """
        job = self.get(actor, number)
        if isinstance(job.problem, DownloadErased):
            raise job.problem
        path = self._folder / number / str(job.report.get("file", ""))
        if job.state != "done" or not path.is_file():
            raise DownloadGone
        if (job.role, job.scope) != (actor.role.value, actor.scope.code):
            self.drop(actor, number)
            raise DownloadGone
        options = job.wishes
        check_asked(self._ws, actor, job.what, options)
        what = object_taken(job.what, options)
        looked(self._ws, actor, "fetch_export", what, job.report["rows"], options.reason or None)
        return path

    def drop(self, actor: Actor, number: str) -> None:
        """Forget and delete. Raises DownloadGone for what is not the person's."""
        self._own(actor, number)
        shutil.rmtree(self._folder / number, ignore_errors=True)

    def _own(self, actor: Actor, number: str) -> Job:
        job = self._read(number)
        if job is None or job.person != actor.person:
            raise DownloadGone
        return job

    def purge(self) -> None:
        """Delete what waited too long, and files in which somebody may stand who is erased."""
        for job in self._all():
            if self._clock() > job.until:
                shutil.rmtree(self._folder / job.number, ignore_errors=True)
        beside.purge_nameless(self._folder, KNOWN, self._clock())
        left = self._all()
        mark = self._ws.store.erasure_mark() if left else ""
        for job in left:
            if job.may_hold_erased(mark):
                beside.bare(self._folder / job.number, but=KNOWN)
                if not isinstance(job.problem, DownloadErased):
                    self._fail(job, DownloadErased())

    def resume(self) -> None:
        """Begin again what a server left unfinished; to be called at the start."""
        self.purge()
        for job in sorted(self._all(), key=lambda job: job.since):
            if job.state in {"waiting", "working"} and self._abandoned(job.number):
                self._begin(job.number)

    def wait(self, number: str, seconds: float) -> None:
        """Until a job of this process has ended, but not longer than that."""
        until = time.monotonic() + seconds
        with self._ended:
            while number in self._mine and time.monotonic() < until:
                self._ended.wait(max(0.0, until - time.monotonic()))

    # The work ------------------------------------------------------------------------------------

    def _begin(self, number: str) -> None:
        with self._lock:
            if number in self._mine:
                return
            self._mine.add(number)
            self._touch(number)
            self._queue.put(number)
            if self._worker is None or not self._worker.is_alive():
                self._worker = threading.Thread(target=self._work, name="exports", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            number = self._queue.get()
            stop = threading.Event()
            beat = threading.Thread(target=self._beat, args=(number, stop), daemon=True)
            beat.start()
            try:
                self._one(number)
            finally:
                stop.set()
                with self._ended:
                    self._mine.discard(number)
                    self._ended.notify_all()

    def _one(self, number: str) -> None:
        """Do one job; whatever goes wrong becomes its answer."""
        job = self._read(number)
        if job is None:
            return
        try:
            job = replace(job, mark=self._ws.store.erasure_mark())  # before any row is read
            self._write(replace(job, state="working", step="gathering"))
            actor = self._actor(job)
            report = export_file(
                self._ws,
                actor,
                job.what,
                self._folder / number,
                job.wishes,
                tell=lambda step: self._write(replace(job, state="working", step=step)),
            )
            # Who erases after this looks for files after that, and finds this one.
            if job.may_hold_erased(self._ws.store.erasure_mark()):
                raise DownloadErased
            told = report.to_json() | {"bytes": report.path.stat().st_size}
            self._write(replace(job, state="done", report=told))
        except GisgridError as err:
            self._fail(job, err)
        except FileNotFoundError:  # deleted in this very moment
            self._fail(job, DownloadGone())
        except Exception:
            mishap = FileUnwritable(file=job.what, problem="something went wrong on our side")
            self._fail(job, mishap)
            raise

    def _fail(self, job: Job, err: GisgridError) -> None:
        beside.bare(self._folder / job.number, but=KNOWN)
        self._write(replace(job, state="failed", report={}, error=beside.told(err)))

    def _actor(self, job: Job) -> Actor:
        """Who asked, with the rights of now. Raises DownloadGone where they are others."""
        for person in self._ws.store.people():
            if person.id == job.person and not person.disabled:
                actor = people.actor_of(person)
                if (actor.role.value, actor.scope.code) == (job.role, job.scope):
                    return actor
        raise DownloadGone

    def _beat(self, number: str, stop: threading.Event) -> None:
        while not stop.wait(_BEAT_SECONDS):
            self._touch(number)

    # The folder ----------------------------------------------------------------------------------

    def _touch(self, number: str) -> None:
        with suppress(OSError):
            (self._folder / number / "alive").touch(mode=0o600)

    def _abandoned(self, number: str) -> bool:
        try:
            last = (self._folder / number / "alive").stat().st_mtime
        except OSError:
            return True
        return number not in self._mine and time.time() - last > self._stale

    def _write(self, job: Job) -> None:
        """Put the job in its folder, whole; one that was dropped stays so."""
        beside.put(self._folder / job.number / KNOWN, json.dumps(asdict(job)))

    def _read(self, number: str) -> Job | None:
        if not beside.NUMBER.fullmatch(number):
            return None
        try:
            text = (self._folder / number / KNOWN).read_text("utf-8")
            return Job(**json.loads(text))
        except (OSError, ValueError, TypeError):
            return None

    def _all(self) -> list[Job]:
        return [job for job in map(self._read, beside.numbers(self._folder)) if job is not None]
