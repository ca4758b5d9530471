"""A stroke after a stroke: the draft is known as the last one left it, and told where stale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE, Actor, Role, Scope
from gisgrid.errors import EditRefused, StaleDraft, UnknownDraft
from gisgrid.operations.plans import drafts, editing
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

from .town import NOW, person, town, upright

if TYPE_CHECKING:
    from gisgrid.store import Store

CUT = {"op": "split", "code": "甲1", "line": upright(105.003)}
AGAIN = {"op": "split", "code": "甲2", "line": upright(105.013)}
MISSES = {"op": "split", "code": "甲1", "line": upright(105.025)}


@pytest.fixture
def ws(store: Store) -> Workspace:
    return town(store)


def edit(ws: Workspace, draft: int, seen: int, wish: dict[str, Any], who: Actor = CONSOLE) -> int:
    return int(editing.edit(ws, who, draft, wish, seen=seen)["version"])


def test_the_stroke_after_a_stroke_reads_no_draft(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = drafts.open_draft(ws, CONSOLE, name="春")
    assert edit(ws, draft, 1, CUT) == 2
    read: list[int] = []
    whole = type(ws.store).draft
    monkeypatch.setattr(type(ws.store), "draft", lambda *a, **k: read.append(1) or whole(*a, **k))
    assert edit(ws, draft, 2, AGAIN) == 3
    assert not read
    monkeypatch.undo()
    row = drafts.found(ws, CONSOLE, draft)
    assert (row.version, row.step, row.steps) == (3, 2, 2)


@pytest.mark.parametrize("wish", [AGAIN, MISSES], ids=["it would hold", "it would be refused"])
def test_a_draft_that_moved_on_elsewhere_is_stale(ws: Workspace, wish: dict[str, Any]) -> None:
    draft = drafts.open_draft(ws, CONSOLE, name="春")
    edit(ws, draft, 1, CUT)
    other = Workspace(ws.store, Settings(), lambda: NOW)
    editing.undo(other, CONSOLE, draft, seen=2)
    with pytest.raises(StaleDraft) as refused:
        edit(ws, draft, 2, wish)
    assert refused.value.facts == {"draft": draft, "seen": 2, "version": 3}
    assert drafts.found(ws, CONSOLE, draft).version == 3


def test_an_edit_that_cannot_be_made_is_refused_as_ever(ws: Workspace) -> None:
    draft = drafts.open_draft(ws, CONSOLE, name="春")
    edit(ws, draft, 1, CUT)
    with pytest.raises(EditRefused):
        edit(ws, draft, 2, MISSES)
    assert edit(ws, draft, 2, AGAIN) == 3


def test_who_does_not_see_a_draft_does_not_know_it_either(ws: Workspace) -> None:
    draft = drafts.open_draft(ws, CONSOLE, name="春", area="A")
    mine = Actor("Ann", Role.PLANNER, Scope("A"), person(ws, "Ann").person)
    assert edit(ws, draft, 1, CUT, mine) == 2
    other = Actor("Bo", Role.PLANNER, Scope("B"), mine.person)
    with pytest.raises(UnknownDraft):
        edit(ws, draft, 2, AGAIN, other)
    assert edit(ws, draft, 2, AGAIN, mine) == 3
