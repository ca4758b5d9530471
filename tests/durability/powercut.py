"""What a disk holds after a power cut, worked out from a record of what a process wrote.

The record is strace's: every write, sync, cut, rename and removal of the store's files, in order,
with all bytes. The model of the disk: what was synced is there. Of what was written to a file since
its last sync, each 512 bytes may be there or not. Names, lengths and removals come in order, as a
journalling file system keeps them, up to a moment of chance after the last sync of any file.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SECTOR = 512
_CALL = re.compile(rb"^\d+ +(\w+)\((.*)\) += (-?\d+)")
_TEXT = re.compile(rb'"((?:\\x[0-9a-f]{2})*)"')
_HANDLE = re.compile(rb"<((?:\\x[0-9a-f]{2})*)>")
_UNFINISHED = b" <unfinished ...>"
_RESUMED = re.compile(rb"^\d+ +<\.\.\. \w+ resumed>(.*)")
CALLS = "openat,write,pwrite64,fsync,fdatasync,ftruncate,unlink,unlinkat,rename"


@dataclass(frozen=True, slots=True)
class Event:
    """kind: write | sync | length | remove | rename | said. at: offset, or the new length."""

    kind: str
    name: str
    at: int = 0
    data: bytes = b""
    to: str = ""


def parse(log: bytes, folder: Path) -> list[Event]:
    """The events in `folder`, and what was said on standard output."""
    events: list[Event] = []
    for line in _whole(log.splitlines()):
        found = _CALL.match(line)
        if found is None or found[3].startswith(b"-"):
            continue
        call, words = found[1].decode(), found[2]
        texts = [_unhex(t) for t in _TEXT.findall(words)]
        handle = _HANDLE.search(words)
        place = _unhex(handle[1]).decode() if handle else ""
        if call == "write" and words.startswith(b"1<"):
            events += [Event("said", "", data=w) for w in texts[0].splitlines()]
            continue
        event = _event(call, words, texts, place)
        inside = event is not None and Path(event.name).parent == folder
        if event is not None and inside and not event.name.endswith("-shm"):
            events.append(event)
    return events


def _whole(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Each call in one line, at the moment it ended: strace cuts those of several threads."""
    begun: dict[bytes, bytes] = {}
    for line in lines:
        thread = line.split(b" ", 1)[0]
        rest = _RESUMED.match(line)
        if line.endswith(_UNFINISHED):
            begun[thread] = line.removesuffix(_UNFINISHED)
        elif rest is not None:
            yield begun.pop(thread) + rest[1]
        else:
            yield line


def _event(call: str, words: bytes, texts: list[bytes], place: str) -> Event | None:
    numbers = re.split(rb", *", words)
    found: Event | None = None
    if call == "pwrite64":
        found = Event("write", place, int(numbers[-1]), texts[0])
    elif call in ("fsync", "fdatasync"):
        found = Event("sync", place)
    elif call == "ftruncate":
        found = Event("length", place, int(numbers[-1]))
    elif call in ("unlink", "unlinkat"):
        found = Event("remove", texts[0].decode())
    elif call == "rename":
        found = Event("rename", texts[0].decode(), to=texts[1].decode())
    elif call == "openat" and b"O_CREAT" in words:
        found = Event("create", texts[0].decode())
    return found


def _unhex(text: bytes) -> bytes:
    found = ast.literal_eval("b'" + text.decode() + "'")
    assert isinstance(found, bytes)
    return found


@dataclass
class File:
    """synced: content for sure. loose: writes since the last sync."""

    synced: bytearray = field(default_factory=bytearray)
    loose: list[Event] = field(default_factory=list)


class Disk:
    """Files as the events leave them. Feed events in order; `cut` at any moment."""

    def __init__(self, start: dict[str, bytes]) -> None:
        self.files = {name: File(bytearray(data)) for name, data in start.items()}
        self.names: list[Event] = []
        self.said: list[str] = []

    def feed(self, event: Event) -> None:
        if event.kind == "said":
            self.said.append(event.data.decode())
        elif event.kind == "write":
            self.files.setdefault(event.name, File()).loose.append(event)
        elif event.kind == "sync":
            self._settle_names()  # the journal is written, whichever file asked for it
            file = self.files.setdefault(event.name, File())
            for write in file.loose:
                _apply(file.synced, write)
            file.loose.clear()
        elif event.kind == "create":
            self.files.setdefault(event.name, File())
        else:
            self._hold(event)

    def _hold(self, event: Event) -> None:
        """A cut of length orders itself among the writes; a removal among the names."""
        if event.kind == "length":
            self.files.setdefault(event.name, File()).loose.append(event)
        else:
            self.names.append(event)
            if event.kind == "remove":  # what is written from now on is another file
                old = self.files.pop(event.name, None)
                if old is not None:
                    self.files[f"{event.name}\0{len(self.names)}"] = old
            if event.kind == "rename":
                self.files[event.to] = self.files.pop(event.name)

    def _settle_names(self) -> None:
        self.names.clear()
        for name in [n for n in self.files if "\0" in n]:
            del self.files[name]

    def cut(self, chance: Random) -> dict[str, bytes]:
        """The files after a power cut now."""
        kept = chance.randint(0, len(self.names))
        found: dict[str, bytes] = {}
        for name, file in self.files.items():
            path, _, at = name.partition("\0")
            if at and int(at) <= kept:  # its removal reached the disk
                continue
            if path in found and not at:
                continue  # the removal did not, and the new file of its name came after
            content = bytearray(file.synced)
            for event in file.loose:
                _tear(content, event, chance)
            found[path] = bytes(content)
        return found


def _apply(content: bytearray, event: Event) -> None:
    if event.kind == "length":
        del content[event.at :]
        content.extend(bytes(event.at - len(content)))
        return
    content.extend(bytes(max(0, event.at - len(content))))
    content[event.at : event.at + len(event.data)] = event.data


def _tear(content: bytearray, event: Event, chance: Random) -> None:
    """All of a write, nothing of it, or some of its sectors."""
    how = chance.random()
    if how < 0.4:
        _apply(content, event)
    elif how < 0.6 and event.kind == "write":
        for start in range(0, len(event.data), SECTOR):
            if chance.random() < 0.5:
                part = event.data[start : start + SECTOR]
                _apply(content, Event("write", event.name, event.at + start, part))
