"""The written table of fields is whole, and the documents say what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from gisgrid.access import (
    ACTIONS,
    EVERYWHERE,
    FIELD_OF,
    ROLES,
    Action,
    Actor,
    Field,
    Role,
    Scope,
    may,
)
from gisgrid.access.fields import LEVELS, SHOWN, TAKEN, Level, columns_taken, is_personal, sees
from gisgrid.access.tables import markdown, rights, sights
from gisgrid.model import LAYERS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def actor(role: Role, scope: str = "*") -> Actor:
    return Actor("Li", role, Scope(scope), person=1)


def test_every_personal_column_has_its_field_and_no_other_column_has_one() -> None:
    personal = {(n, c.name) for n, layer in LAYERS.items() for c in layer.columns if c.personal}
    assert set(FIELD_OF) == personal


def test_every_role_and_level_has_a_row() -> None:
    assert set(SHOWN) == set(TAKEN) == set(Role)
    assert set(LEVELS) == set(Level)


@pytest.mark.parametrize("role", [Role.ADMIN, Role.DATA_PROTECTION])
def test_who_looks_after_accounts_or_protection_sees_nothing_of_households(role: Role) -> None:
    assert not any(sees(actor(role), field) for field in Field)
    assert not ACTIONS[role] & {Action.SEE_FIGURES, Action.SEE_HOUSEHOLDS, Action.EXPORT}


def test_a_planner_sees_where_homes_are_and_who_serves_a_grid_and_no_other_name() -> None:
    shown = {field for field in Field if sees(actor(Role.PLANNER), field)}
    assert shown == {Field.POSITION, Field.GRID_MEMBER}


def test_who_draws_or_reviews_plans_sees_the_members_that_an_edit_sets() -> None:
    """Answers about drafts name them; a role that may open drafts and not see them would leak."""
    for role in Role:
        if ACTIONS[role] & {Action.SEE_PLANS, Action.EDIT_PLAN}:
            assert sees(actor(role), Field.GRID_MEMBER), role


def test_nobody_takes_along_more_than_the_page_shows_but_who_exchanges_files() -> None:
    for role in ROLES:
        if role is not Role.DATA_OFFICER:
            assert TAKEN[role] <= SHOWN[role]


def test_case_work_and_public_files_hold_no_names() -> None:
    who = actor(Role.SUPERVISOR)
    assert "name" in columns_taken(who, "households", Level.FULL)
    for layer in LAYERS:
        work, public = (columns_taken(who, layer, level) for level in list(Level)[1:])
        assert not {"member", "note"} & set(work)
        assert "name" not in work or layer in {"areas", "grids"}
        personal = {column for name, column in FIELD_OF if name == layer}
        assert not set(public) & personal
    assert [layer for layer in LAYERS if is_personal(who, layer, Level.FULL)] == [
        "grids",
        "households",
        "visits",
        "cases",
    ]


@pytest.mark.parametrize("role", [role for role in Role if may(actor(role), Action.EXPORT)])
def test_a_full_file_with_a_row_for_each_household_needs_a_reason_of_every_role(role: Role) -> None:
    for layer in ("households", "visits", "cases", "gaps"):
        assert is_personal(actor(role), layer, Level.FULL)
        assert not is_personal(actor(role), layer, Level.CASE_WORK)


def test_the_page_of_access_says_what_the_tables_say() -> None:
    text = (DOCS / "access.md").read_text("utf-8")
    assert text.endswith(markdown()), markdown()


def test_an_actor_is_told_what_is_allowed_and_why_not() -> None:
    found = {right.action: right for right in rights(actor(Role.SUPERVISOR, "T1"))}
    assert set(found) == set(Action)
    assert (found[Action.EXPORT].allowed, found[Action.EXPORT].why) == (True, "role")
    refused = found[Action.MANAGE_PEOPLE]
    assert (refused.allowed, refused.why, refused.roles) == (False, "other role", (Role.ADMIN,))
    narrow = {right.action: right for right in rights(actor(Role.DATA_PROTECTION, "T1"))}
    assert narrow[Action.SEE_AUDIT].why == "scope"
    fields = {sight.field: sight for sight in sights(Actor("a", Role.MEMBER, EVERYWHERE))}
    assert (fields[Field.NOTE].shown, fields[Field.NOTE].taken) == (True, False)
