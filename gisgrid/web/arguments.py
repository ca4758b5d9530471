"""The arguments of questions and forms: one table, read strictly.

What is not known is refused with the list of what is: a misspelt filter that is silently ignored
gives a wrong figure that looks right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

from gisgrid.errors import TextUnstorable, UnknownWord
from gisgrid.model import BY
from gisgrid.operations.days import parse_day
from gisgrid.operations.lists import CASE_STATUS, GAP_STATUS, HOUSEHOLD_STATUS

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.datastructures import MultiDict

LIMIT_MOST = 100
"""Most households or cases of one JSON answer, as on pages; `after` goes on from the last."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. read: text -> value, raises a GisgridError. schema: JSON Schema of it."""

    name: str
    read: Callable[[str], Any]
    schema: dict[str, Any]
    text: str


def one_of(kind: str, words: tuple[str, ...]) -> tuple[Callable[[str], str], dict[str, Any]]:
    """Reader and schema of a word from a fixed list."""

    def read(value: str) -> str:
        if value not in words:
            raise UnknownWord(value=value, kind=kind, known=", ".join(words))
        return value

    return read, {"type": "string", "enum": list(words)}


def whole(kind: str, least: int, most: int) -> tuple[Callable[[str], int], dict[str, Any]]:
    """Reader and schema of a whole number between two bounds, both included."""

    def read(value: str) -> int:
        digits = value.isascii() and value.isdigit() and len(value) < 10
        if not digits or not least <= int(value) <= most:
            raise UnknownWord(value=value, kind=kind, known=f"{least} … {most}")
        return int(value)

    return read, {"type": "integer", "minimum": least, "maximum": most}


def _flag(value: str) -> bool:
    words = {"1": True, "true": True, "0": False, "false": False}
    if value not in words:
        raise UnknownWord(value=value, kind="yes or no", known=", ".join(words))
    return words[value]


FLAG = (_flag, {"type": "boolean"})
_TEXT: tuple[Callable[[str], str], dict[str, Any]] = (str, {"type": "string"})
_DAY = (parse_day, {"type": "string", "format": "date"})

AS_OF = Argument("as_of", *_DAY, "Day for which all is worked out; today when missing.")
AREA = Argument("area", *_TEXT, "Code of an area or grid; all that you may see when missing.")
BY_LEVEL = Argument("by", *one_of("level", BY), "What the figures are summed by.")
RESTATE = Argument("restate", *FLAG, "Restate the past on the grids in force today.")
FORMAT = Argument("format", *one_of("format", ("json", "csv")), "json unless asked otherwise.")
CATEGORY = Argument("category", *_TEXT, "Only cases of this category.")
MIN_AGE = Argument("min_age", *whole("number of days", 0, 99_999), "Only cases open this long.")
LOCATED = Argument("located", *FLAG, "Only cases with (1) or without (0) a location.")
LIMIT = Argument("limit", *whole("number of rows", 1, LIMIT_MOST), "Rows of one answer (100).")
OFFSET = Argument("offset", *whole("number of rows", 0, 10**8), "Rows to skip.")
AFTER = Argument("after", *_TEXT, "What the page before gave as `next`: go on behind its last row.")
PAGE = Argument("page", *whole("page", 1, 10**6), "Page of 100 rows, from 1.")
QUERY = Argument("q", *_TEXT, "What to look for: a code, a name, an address.")
PAPER = Argument("of", *one_of("table", ("coverage", "case-table")), "Which of the two maps.")
PAPER_BY = Argument("by", *one_of("level", BY), "All of this level, not the area and its parts.")
LEVEL = Argument(
    "level",
    *one_of("level of figures", ("case_work", "public")),
    "public: small counts are hidden. Unless asked otherwise public for csv, case_work for json.",
)
STATUS_OF_GAP = Argument("status", *one_of("status", GAP_STATUS), "Only these gaps.")
STATUS_OF_CASE = Argument("status", *one_of("status", CASE_STATUS), "Only these cases.")
STATUS_OF_TILE = Argument("status", *_TEXT, "Only what has this status; see the layer.")
STATUS_OF_HOUSEHOLD = Argument(
    "status", *one_of("status", HOUSEHOLD_STATUS), "Only these households."
)


def text(name: str) -> Argument:
    """A free text argument, for forms and for what the page's own script reads."""
    return Argument(name, *_TEXT, "")


def query(*known: Argument) -> dict[str, Any]:
    """The arguments of the address that are there and not empty, read. See `read`."""
    return read(request.args, known)


def form(*known: Argument) -> dict[str, Any]:
    """The fields of a form that are there and not empty, read. See `read`."""
    fields = request.form.copy()
    fields.pop("csrf_token", None)
    return read(fields, known)


def read(values: MultiDict[str, str], known: tuple[Argument, ...]) -> dict[str, Any]:
    """Name -> value of each known argument; an empty one counts as missing, as forms send them.

    Raises UnknownWord for a name that is not known or stands twice, TextUnstorable for a NUL, and
    what `Argument.read` does.
    """
    by_name = {argument.name: argument for argument in known}
    found: dict[str, Any] = {}
    for name, all_values in values.lists():
        if name not in by_name:
            shown = ", ".join(by_name) or "(none)"
            raise UnknownWord(value=name, kind="argument", known=shown)
        if len(all_values) > 1:
            raise UnknownWord(value=f"{name} twice", kind="argument", known=f"{name} once")
        if "\0" in all_values[0]:  # some comparisons take it for the end of the text
            raise TextUnstorable
        if all_values[0].strip():
            found[name] = by_name[name].read(all_values[0].strip())
    return found
