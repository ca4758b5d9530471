"""The tables of access as people read them: in docs/access.md, and on the page of one's rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gisgrid.access.fields import LEVELS, SHOWN, TAKEN, Field, Level
from gisgrid.access.roles import ACTIONS, COUNTY_WIDE, ROLES, Action, Role, may

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gisgrid.access.actors import Actor


@dataclass(frozen=True, slots=True)
class Right:
    """What an actor may do, or why not.

    why: "role" (the role has it, within the scope), "scope" (only who sees everything may) or
    "other role". roles: those that have it, to know whom to ask.
    """

    action: Action
    allowed: bool
    why: str
    roles: tuple[Role, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """Whether pages show a personal field to an actor, and files may hold it."""

    field: Field
    shown: bool
    taken: bool
    roles: tuple[Role, ...]


def rights(actor: Actor) -> list[Right]:
    """Every action, and whether `actor` may do it."""
    found = []
    for action in Action:
        having = tuple(role for role in ROLES if action in ACTIONS[role])
        allowed = may(actor, action)
        narrow = action in ACTIONS[actor.role] and action in COUNTY_WIDE and not allowed
        why = "role" if allowed else "scope" if narrow else "other role"
        found.append(Right(action, allowed, why, having))
    return found


def sights(actor: Actor) -> list[Sight]:
    """Every personal field, and whether `actor` sees it and may take it along."""
    exports = may(actor, Action.EXPORT)
    return [
        Sight(
            field,
            field in SHOWN[actor.role],
            exports and field in TAKEN[actor.role],
            tuple(role for role in ROLES if field in SHOWN[role]),
        )
        for field in Field
    ]


def markdown() -> str:
    """All tables, as docs/access.md holds them."""
    actions = [
        (f"`{action.value}`", *(_mark(action in ACTIONS[role]) for role in ROLES))
        for action in Action
    ]
    fields = [(f"`{field.value}`", *(_ways(field, role) for role in ROLES)) for field in Field]
    levels = [
        (f"`{field.value}`", *(_mark(field in LEVELS[level]) for level in Level)) for field in Field
    ]
    roles = [f"`{role.value}`" for role in ROLES]
    return "\n".join(
        (
            "### Role × action",
            "",
            _table(["action", *roles], actions),
            "",
            "Only where the scope is everything: "
            + ", ".join(f"`{action.value}`" for action in Action if action in COUNTY_WIDE)
            + ".",
            "",
            "### Role × field",
            "",
            _table(["field", *roles], fields),
            "",
            "### Level of an export × field",
            "",
            _table(["field", *(f"`{level.value}`" for level in Level)], levels),
            "",
        )
    )


def _mark(yes: bool) -> str:
    return "yes" if yes else ""


def _ways(field: Field, role: Role) -> str:
    shown, taken = field in SHOWN[role], field in TAKEN[role] and Action.EXPORT in ACTIONS[role]
    return " + ".join(word for word, there in (("page", shown), ("file", taken)) if there)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)
