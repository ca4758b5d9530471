"""The chain of the account of use: what a row's hash is worked out from, and what breaks it.

Pure: rows in, hashes and faults out. Each row holds the hash of the row before, so that nobody can
change, drop, add or reorder rows without all later hashes telling; the head (number and hash of the
last row), kept apart or printed, tells a tail that was cut or a chain that was written anew.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from gisgrid.store.types import instant_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

BEGINNING = "0" * 64
"""The previous hash of row 1."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row. person_id: None for the console. object: ids and codes. at: UTC, milliseconds."""

    seq: int
    at: datetime
    person_id: int | None
    role: str
    action: str
    object: str
    count: int
    reason: str | None
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash of the last row; seq 0 for an account that has none."""

    seq: int = 0
    hash: str = BEGINNING

    def __str__(self) -> str:
        """As it is printed and given back: `seq:hash`."""
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the account is not as it was written.

    problem: "row changed" | "rows missing" | "row added or moved" | "end cut off" | "head changed"
    | "other chain" (than a head that was printed) | "guard gone". seq: the row, 0 for the whole.
    """

    problem: str
    seq: int


def digest(row: AuditRow) -> str:
    """SHA-256 of all fields but the hash itself, as a JSON list: no two rows read the same."""
    fields = [
        row.seq,
        instant_text(row.at),
        row.person_id,
        row.role,
        row.action,
        row.object,
        row.count,
        row.reason,
        row.previous_hash,
    ]
    text = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()


def faults(rows: Iterable[AuditRow], kept: Head, *printed: Head) -> list[Fault]:
    """What is wrong with `rows` (by number, all of them); empty when nothing is.

    kept: the head that the store keeps apart. printed: heads that somebody wrote down earlier.
    """
    found: list[Fault] = []
    last = Head()
    marked: dict[int, Head] = {0: Head()}
    wanted = {head.seq for head in printed}
    for row in rows:
        if row.seq > last.seq + 1:
            found.append(Fault("rows missing", last.seq + 1))
        elif row.seq != last.seq + 1 or row.previous_hash != last.hash:
            found.append(Fault("row added or moved", row.seq))
        if row.hash != digest(row):
            found.append(Fault("row changed", row.seq))
        last = Head(row.seq, row.hash)
        if row.seq in wanted:
            marked[row.seq] = last
    if last.seq < kept.seq:
        found.append(Fault("end cut off", last.seq + 1))
    elif last != kept:
        found.append(Fault("head changed", last.seq))
    others = {head.seq for head in printed if marked.get(head.seq) != head}
    return found + [Fault("other chain", seq) for seq in sorted(others)]
