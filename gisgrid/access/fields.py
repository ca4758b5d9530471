"""The table of fields: which role sees which personal field, on pages and in files taken along.

Personal are the columns that model.LAYERS marks so, and the positions of homes. A field is shown
within the actor's scope only, and left out where the rows are made, not where they are printed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from gisgrid.access.roles import Role
from gisgrid.model import LAYERS

if TYPE_CHECKING:
    from gisgrid.access.actors import Actor


class Field(StrEnum):
    """One kind of personal field."""

    POSITION = "position"  # the point of a household, and of a case
    NAME = "name"
    ADDRESS = "address"
    GRID_MEMBER = "grid_member"  # the grid member named at a grid: who draws plans sets it
    MEMBER = "member"  # the grid member's name, at a visit
    TITLE = "title"  # what a case is about, and how it stands in free words
    NOTE = "note"  # free text at a visit or a case


class Level(StrEnum):
    """How much of the personal fields a file holds that leaves the house."""

    FULL = "full"  # all that the role may take; a reason is asked for
    CASE_WORK = "case_work"  # what is needed to serve a household or a case
    PUBLIC = "public"  # figures and boundaries; small counts are hidden


FIELD_OF: dict[tuple[str, str], Field] = {
    ("grids", "member"): Field.GRID_MEMBER,
    ("households", "name"): Field.NAME,
    ("households", "address"): Field.ADDRESS,
    ("visits", "member"): Field.MEMBER,
    ("visits", "note"): Field.NOTE,
    ("cases", "title"): Field.TITLE,
    ("cases", "status"): Field.TITLE,
    ("cases", "note"): Field.NOTE,
}
"""(layer, column) -> the field it is; every column marked personal, and no other."""

_ALL = frozenset(Field)
_NONE: frozenset[Field] = frozenset()

SHOWN: dict[Role, frozenset[Field]] = {
    Role.PLANNER: frozenset({Field.POSITION, Field.GRID_MEMBER}),
    Role.SUPERVISOR: _ALL,
    Role.DATA_OFFICER: _ALL - {Field.NOTE},
    Role.MEMBER: _ALL,
    Role.ADMIN: _NONE,
    Role.DATA_PROTECTION: _NONE,
    Role.CONSOLE: _ALL,
}
"""role -> what pages, tiles and API show of the households in scope."""

TAKEN: dict[Role, frozenset[Field]] = {
    **SHOWN,
    Role.DATA_OFFICER: _ALL,  # what comes in by a file has to go out by one
    Role.MEMBER: _NONE,  # works on the page; takes no file along
}
"""role -> what a file may hold that the role exports, at the level `full`."""

LEVELS: dict[Level, frozenset[Field]] = {
    Level.FULL: _ALL,
    Level.CASE_WORK: frozenset({Field.POSITION, Field.ADDRESS, Field.TITLE}),
    Level.PUBLIC: _NONE,
}
"""level -> what a file of it may hold at most."""

FIGURES: frozenset[str] = frozenset({"coverage", "case-table"})
"""What has a row of counts for each grid or area."""

BY_HOUSEHOLD: frozenset[str] = frozenset({"households", "visits", "cases", "gaps"})
"""What has a row for each household, visit or case: never public."""


def usual_level(what: str, *, figures: bool = False) -> Level:
    """The level of a file for which none is asked. figures: whether counts stand beside its rows.

    A file goes on from hand to hand: of counts it holds what may be shared, unless asked for more.
    """
    return Level.PUBLIC if figures or what in FIGURES else Level.CASE_WORK


def sees(actor: Actor, field: Field) -> bool:
    """Whether pages and answers show `field` to `actor`, within the scope."""
    return field in SHOWN[actor.role]


def may_hold(actor: Actor, level: Level, field: Field) -> bool:
    """Whether a file of `level` that `actor` exports may hold `field`."""
    return field in TAKEN[actor.role] & LEVELS[level]


def columns_taken(actor: Actor, layer: str, level: Level) -> list[str]:
    """The layer's columns that such a file holds, in their order."""
    return [
        column.name
        for column in LAYERS[layer].columns
        if not column.personal or may_hold(actor, level, FIELD_OF[layer, column.name])
    ]


VISIT_MARKS: dict[str, Field | None] = {
    "received_at": None,
    "zone": None,
    "flags": None,
    "corrects": None,
    "corrected": None,
    "decided_by": Field.MEMBER,
}
"""How a visit came in: columns that an export of visits has beside the layer's own, and the field
that each is, where it is personal. An import leaves them aside."""


def marks_taken(actor: Actor, level: Level) -> list[str]:
    """The columns of VISIT_MARKS that such a file holds, in their order."""
    return [
        name
        for name, field in VISIT_MARKS.items()
        if field is None or may_hold(actor, level, field)
    ]


def is_personal(actor: Actor, layer: str, level: Level) -> bool:
    """Whether a reason is asked for: a full file of households, or more than case work needs."""
    if layer in BY_HOUSEHOLD and level is Level.FULL:
        return True
    less = columns_taken(actor, layer, Level.CASE_WORK) if layer in LAYERS else []
    more = columns_taken(actor, layer, level) if layer in LAYERS else []
    return set(more) > set(less)
