"""What cannot be read as an edit; what can be read but not done is a Fault (gisgrid.redraw)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from gisgrid.errors.base import GisgridError

if TYPE_CHECKING:
    from collections.abc import Mapping


class BadEdit(GisgridError):
    code = "bad_edit"
    sentence = "This cannot be read as an edit: %(problem)s."
    problems: ClassVar[Mapping[str, str]] = {
        "argument": "“%(op)s” takes %(known)s, not “%(name)s”",
        "between": "“%(name)s” names two corners in “between”",
        "codes": "“%(name)s” is a list of codes",
        "days": "“%(name)s” is a number of days from 1 to 3650, or null",
        "few_points": "“%(name)s” has fewer than %(least)s points",
        "flag": "“%(name)s” is true or false",
        "insert": "“%(name)s” holds objects with “between” and “at”",
        "kind": "“%(name)s” is a GeoJSON %(kind)s",
        "list": "“%(name)s” is a list",
        "many_points": "“%(name)s” has more than %(most)s points",
        "missing": "“%(op)s” needs %(missing)s",
        "moves": "“%(name)s” holds objects with “from” and “to”",
        "no_json": "the file is not JSON (%(error)s)",
        "no_number": "“%(name)s”: point %(at)s of %(of)s has a coordinate that is no number",
        "no_object": "an edit is a JSON object",
        "no_point": "“%(name)s”: point %(at)s of %(of)s is not [longitude, latitude]",
        "no_uuid": "“%(name)s” is not a UUID",
        "op": "“op” is one of %(known)s",
        "outside_world": "“%(name)s”: point %(at)s of %(of)s lies outside the world",
        "rings": "“%(name)s” is one ring without holes",
        "step": "“%(name)s” is a step of an address",
        "text": "“%(name)s” is a text of 1 to %(most)s characters",
        "too_deep": "its brackets are nested too deeply",
        "unprintable": "“%(name)s” holds a character that cannot be printed",
    }

    def __init__(self, why: str, **facts: Any) -> None:
        super().__init__(problem=self.problems[why] % facts, why=why, **facts)


class RowUnreadable(GisgridError):
    """A row of a draft that came back as a file is nothing that a grid can be.

    why: a key of `problems`; facts: what that names.
    """

    code = "row_unreadable"
    sentence = "%(file)s cannot be taken: in row %(row)s, %(problem)s; mend that row."
    problems: ClassVar[Mapping[str, str]] = {
        **BadEdit.problems,
        "broken": "the shape cannot be read",
        "no_polygon": "there is a %(shape)s where a polygon belongs",
    }

    def __init__(self, file: str, row: int, why: str, **facts: Any) -> None:
        facts |= {"file": file, "row": row}
        super().__init__(problem=self.problems[why] % facts, why=why, **facts)
