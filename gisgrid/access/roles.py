"""The one table of roles and actions."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from gisgrid.errors import NotAllowed, ScopeTooSmall

if TYPE_CHECKING:
    from gisgrid.access.actors import Actor


class Role(StrEnum):
    """What a person does. `console` is the command line and cannot be given to a person."""

    PLANNER = "planner"
    SUPERVISOR = "supervisor"
    DATA_OFFICER = "data_officer"
    MEMBER = "member"
    ADMIN = "admin"
    DATA_PROTECTION = "data_protection"
    CONSOLE = "console"


class Action(StrEnum):
    """What can be asked for; each route and verb names one."""

    SEE_FIGURES = "see_figures"  # coverage and case counts, maps of areas and grids
    SEE_HOUSEHOLDS = "see_households"  # points, lists and pages of single households and cases
    SEE_NAMES = "see_names"  # names, addresses, notes
    IMPORT = "import"
    EXPORT = "export"
    MANAGE_PEOPLE = "manage_people"
    SEE_AUDIT = "see_audit"  # the account of use: ids, never names; only where all is in scope
    RECORD = "record"  # visits and cases, and decisions about reports
    SEE_PLANS = "see_plans"  # drafts of the plan
    EDIT_PLAN = "edit_plan"
    APPROVE_PLAN = "approve_plan"
    PUBLISH_PLAN = "publish_plan"
    CHANGE_FOOTPRINT = "change_footprint"  # only where the scope is everything
    ANSWER_FOR_DATA = "answer_for_data"  # show a household all that is held, erase it, retention


ROLES: tuple[Role, ...] = tuple(role for role in Role if role is not Role.CONSOLE)
"""The roles that a person can have."""

_SERVE = frozenset({Action.SEE_FIGURES, Action.SEE_HOUSEHOLDS, Action.SEE_NAMES})
_DRAW = frozenset(
    {
        Action.SEE_PLANS,
        Action.EDIT_PLAN,
        Action.APPROVE_PLAN,
        Action.PUBLISH_PLAN,
        Action.CHANGE_FOOTPRINT,
    }
)

ACTIONS: dict[Role, frozenset[Action]] = {
    Role.PLANNER: frozenset({Action.SEE_FIGURES, Action.SEE_HOUSEHOLDS, Action.EXPORT}) | _DRAW,
    Role.SUPERVISOR: _SERVE | {Action.RECORD, Action.EXPORT, Action.SEE_PLANS, Action.APPROVE_PLAN},
    Role.DATA_OFFICER: _SERVE | {Action.IMPORT, Action.EXPORT, Action.ANSWER_FOR_DATA},
    Role.MEMBER: _SERVE | {Action.RECORD},
    Role.ADMIN: frozenset({Action.MANAGE_PEOPLE}),
    Role.DATA_PROTECTION: frozenset({Action.SEE_AUDIT}),
    Role.CONSOLE: frozenset(Action),
}
"""role -> what it may do, within the actor's scope."""


COUNTY_WIDE: frozenset[Action] = frozenset({Action.SEE_AUDIT, Action.CHANGE_FOOTPRINT})
"""What knows no areas: only an actor who sees everything may do it."""


def may(actor: Actor, action: Action) -> bool:
    """Whether `actor` has the right to `action` somewhere; where is a matter of the scope."""
    return action in ACTIONS[actor.role] and (action not in COUNTY_WIDE or actor.scope.everything)


def require(actor: Actor, action: Action) -> None:
    """Raise NotAllowed unless `may(actor, action)`; ScopeTooSmall where the role alone may."""
    if action in ACTIONS[actor.role] and not may(actor, action):
        raise ScopeTooSmall(action=action.value, scope=actor.scope.code)
    if not may(actor, action):
        raise NotAllowed(role=actor.role.value, action=action.value)
