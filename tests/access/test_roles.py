from __future__ import annotations

import pytest

from gisgrid.access import (
    ACTIONS,
    CONSOLE,
    EVERYWHERE,
    ROLES,
    Action,
    Actor,
    Role,
    Scope,
    may,
    require,
)
from gisgrid.errors import NotAllowed, ScopeTooSmall

DRAW = {"see_plans", "edit_plan", "approve_plan", "publish_plan", "change_footprint"}


def actor(role: Role) -> Actor:
    return Actor("Li", role, EVERYWHERE, person=1)


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        (Role.PLANNER, {"see_figures", "see_households", "export", *DRAW}),
        (
            Role.SUPERVISOR,
            {
                "see_figures",
                "see_households",
                "see_names",
                "record",
                "export",
                "see_plans",
                "approve_plan",
            },
        ),
        (
            Role.DATA_OFFICER,
            {
                "see_figures",
                "see_households",
                "see_names",
                "import",
                "export",
                "answer_for_data",
            },
        ),
        (Role.MEMBER, {"see_figures", "see_households", "see_names", "record"}),
        (Role.ADMIN, {"manage_people"}),
        (Role.DATA_PROTECTION, {"see_audit"}),
    ],
)
def test_each_role_may_do_what_the_table_says_and_no_more(role: Role, actions: set[str]) -> None:
    assert {action.value for action in Action if may(actor(role), action)} == actions


def test_every_role_has_a_row_and_console_is_no_persons_role() -> None:
    assert set(ACTIONS) == set(Role)
    assert set(ROLES) == set(Role) - {Role.CONSOLE}


def test_the_console_may_do_everything() -> None:
    assert all(may(CONSOLE, action) for action in Action)


def test_a_right_that_is_missing_is_refused_with_role_and_action() -> None:
    with pytest.raises(NotAllowed) as err:
        require(actor(Role.ADMIN), Action.SEE_HOUSEHOLDS)
    assert err.value.facts == {"role": "admin", "action": "see_households"}


def test_where_only_the_scope_is_missing_that_is_said() -> None:
    near = Actor("Li", Role.PLANNER, Scope("T1"), 1)
    with pytest.raises(ScopeTooSmall) as err:
        require(near, Action.CHANGE_FOOTPRINT)
    assert err.value.facts == {"action": "change_footprint", "scope": "T1"}
    assert "role" not in str(err.value)
