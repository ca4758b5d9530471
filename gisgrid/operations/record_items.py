"""What a device sends, read strictly: values in, a report out, or what is wrong with which field.

Times are kept as the device gives them. A visit of the future or of long ago is flagged and
counted; a record whose time no calendar of visits could hold waits for somebody to look at it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gisgrid.coverage import local_day
from gisgrid.errors import RecordUnreadable
from gisgrid.model import EARLIEST as FIRST_DAY
from gisgrid.model import TAKEN_BACK, Outcome
from gisgrid.operations.days import LATEST as LAST_DAY
from gisgrid.store import CaseChange, CaseReport, VisitReport

if TYPE_CHECKING:
    from gisgrid.model import Programme

FUTURE = timedelta(minutes=10)
"""How far a device's clock may be ahead before the visit is flagged."""

LATE = timedelta(days=14)
"""A device keeps a record until it is sent; what is older than this when it arrives is flagged."""

EARLIEST, LATEST = timedelta(days=-3660), timedelta(days=366)
"""Further off than this a record is not counted before somebody has looked at it."""

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ZONE = re.compile(r"[A-Za-z0-9_+/-]{1,64}")
NOTE, TITLE, WORD = 2000, 200, 60
_KINDS = {"update": "updated", "close": "closed", "reopen": "reopened"}


class Item:
    """One record as it was sent. Raises RecordUnreadable for what cannot be read.

    now: the instant of the server. behind: how far the programme's calendar is behind the clock
    (zero but in a demo, whose calendar stands still).
    """

    def __init__(
        self,
        sent: object,
        known: tuple[str, ...],
        rules: Programme,
        now: datetime,
        behind: timedelta,
    ) -> None:
        if not isinstance(sent, dict):
            raise RecordUnreadable(field="record", problem="is not an object with named fields")
        self.sent: dict[str, Any] = sent
        for name in sent:
            if name not in known:
                raise RecordUnreadable(
                    field=str(name)[:60], problem="is not a field of this record"
                )
        self.rules, self.behind = rules, behind
        self.now = now - behind

    def client_id(self) -> str:
        """The UUID that the device gave the record."""
        found = self.sent.get("client_id")
        if not isinstance(found, str) or not _ID.fullmatch(found.lower()):
            raise RecordUnreadable(field="client_id", problem="is not a UUID")
        return found.lower()

    def text(self, name: str, most: int, *, required: bool = False) -> str | None:
        """Text of at most so many characters, without control characters; None where empty."""
        found = self.sent.get(name)
        if found is None or (isinstance(found, str) and not found.strip()):
            if required:
                raise RecordUnreadable(field=name, problem="is missing")
            return None
        if not isinstance(found, str):
            raise RecordUnreadable(field=name, problem="is not text")
        if len(found) > most:
            raise RecordUnreadable(field=name, problem="is too long")
        if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in found):
            raise RecordUnreadable(field=name, problem="holds a character that is no text")
        return found.strip()

    def moment(self, name: str) -> datetime:
        """A moment with its offset; the server's own where the device leaves it out."""
        found = self.sent.get(name)
        if found is None:
            return self.now
        try:
            moment = datetime.fromisoformat(found) if isinstance(found, str) else None
        except ValueError:
            moment = None
        if moment is None or moment.utcoffset() is None:
            raise RecordUnreadable(field=name, problem="is not a moment with its offset from UTC")
        try:
            moment.astimezone(UTC)
            return moment - self.behind
        except OverflowError as err:
            raise RecordUnreadable(field=name, problem="is outside every calendar") from err

    def day(self, name: str) -> date | None:
        """A calendar day that a question may ask for, None where empty."""
        found = self.sent.get(name)
        if found in (None, ""):
            return None
        try:
            day = date.fromisoformat(found) if isinstance(found, str) and len(found) == 10 else None
        except ValueError:
            day = None
        if day is None:
            raise RecordUnreadable(field=name, problem="is not a day written year-month-day")
        if not FIRST_DAY <= day.isoformat() <= LAST_DAY:
            raise RecordUnreadable(field=name, problem="is a day before 1900 or after 2199")
        return day

    def zone(self) -> str | None:
        """The device's time zone; what is none is left out: it is told beside the moment only."""
        found = self.sent.get("zone")
        return found if isinstance(found, str) and _ZONE.fullmatch(found) else None

    def on(self, name: str, moment: datetime) -> date:
        """The day of a moment in the programme's calendar."""
        try:
            return local_day(moment, ZoneInfo(self.rules.zone))
        except OverflowError as err:
            raise RecordUnreadable(field=name, problem="is outside every calendar") from err

    def past_day(self, name: str, moment: datetime) -> date:
        """`on`, but no day that has not begun yet."""
        return self.on(name, min(moment, self.now))


def countable(moment: datetime, now: datetime) -> bool:
    """Whether figures may hold a record of that moment before somebody has looked at it."""
    return EARLIEST < moment - now < LATEST


VISIT = ("client_id", "household", "outcome", "visited_at", "zone", "note", "corrects")
CASE = ("client_id", "household", "category", "title", "due_on", "note", "opened_at", "zone")
CHANGE = (
    "client_id",
    "case",
    "do",
    "category",
    "title",
    "due_on",
    "note",
    "changed_at",
    "zone",
)


def visit(item: Item) -> VisitReport:
    """A visit. Raises RecordUnreadable."""
    outcome = item.text("outcome", WORD, required=True)
    if outcome not in [*Outcome, TAKEN_BACK]:
        raise RecordUnreadable(field="outcome", problem="is none of the outcomes of a visit")
    corrects, back = item.text("corrects", TITLE), outcome == TAKEN_BACK
    if back and corrects is None:
        raise RecordUnreadable(field="corrects", problem="is missing")
    at = item.moment("visited_at")
    late, future = item.now - at > LATE, at - item.now > FUTURE
    return VisitReport(
        client_id=item.client_id(),
        household_id=item.text("household", TITLE, required=True) or "",
        visited_at=at,
        visited_on=item.on("visited_at", at),
        outcome=Outcome.NO_ONE_HOME if back else str(outcome),  # no visit, whoever reads the row
        note=item.text("note", NOTE),
        zone=item.zone(),
        flags=TAKEN_BACK if back else "future" if future else "late" if late else None,
        corrects=corrects,
        countable=countable(at, item.now),
    )


def case(item: Item) -> CaseReport:
    """The opening of a case. Raises RecordUnreadable."""
    at = item.moment("opened_at")
    return CaseReport(
        client_id=item.client_id(),
        household_id=item.text("household", TITLE, required=True) or "",
        opened_at=at,
        opened_on=item.past_day("opened_at", at),
        zone=item.zone(),
        values={
            "category": item.text("category", WORD, required=True),
            "title": item.text("title", TITLE),
            "due_on": item.day("due_on"),
            "note": item.text("note", NOTE),
        },
        countable=countable(at, item.now),
    )


def change(item: Item) -> CaseChange:
    """A change of a case; only the fields that are sent change. Raises RecordUnreadable."""
    kind = _KINDS.get(str(item.sent.get("do")))
    if kind is None:
        raise RecordUnreadable(field="do", problem="is none of update, close, reopen")
    values: dict[str, Any] = {
        name: item.text(name, most)
        for name, most in (("category", WORD), ("title", TITLE), ("note", NOTE))
        if name in item.sent
    }
    if "due_on" in item.sent:
        values["due_on"] = item.day("due_on")
    at = item.moment("changed_at")
    return CaseChange(
        client_id=item.client_id(),
        case_id=item.text("case", TITLE, required=True) or "",
        kind=kind,
        changed_at=at,
        changed_on=item.past_day("changed_at", at),
        zone=item.zone(),
        values=values,
        countable=countable(at, item.now),
    )
