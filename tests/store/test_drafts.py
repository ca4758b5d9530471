"""Drafts as trees of edits, versions that only one change can follow, revisions taken back."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from shapely import box

from gisgrid.access import EVERYWHERE, Scope
from gisgrid.errors import PlanTooEarly, RevisionStands, StaleDraft
from gisgrid.store import By, Store

TODAY = dt.date(2026, 11, 20)
SOON = dt.date(2026, 11, 25)
LATER = dt.date(2026, 12, 1)
CONSOLE = By(None, at_console=True)


def opened(store: Store, name: str = "spring", area: str | None = "111", **values: Any) -> int:
    with store.write() as w:
        return w.add_draft(name, area, CONSOLE, base_revision=1, **values)


def edit(store: Store, draft: int, parent: int | None, step: int, seen: int) -> int:
    """One more edit; returns its number."""
    with store.write() as w:
        made = w.add_edit(
            draft,
            parent,
            step,
            CONSOLE,
            op="split",
            arguments="{}",
            before=b"b%d" % step,
            after=b"a%d" % step,
            came_from="{}",
        )
        w.change_draft(draft, seen, "edit", CONSOLE, head=made, tip=made)
    return made


def test_a_draft_is_seen_where_its_area_lies_in_the_scope(county: Store) -> None:
    made = [opened(county, area=area) for area in ("111", "12", None, "g3")]
    seen = {
        scope: sorted(d.id for d in county.drafts(scope=Scope(scope)))
        for scope in ("*", "1", "11", "111", "12", "g3", "none")
    }
    well, west, everything, third = made
    assert seen == {
        "*": made,
        "1": [well, west, third],
        "11": [well],
        "111": [well],
        "12": [west, third],
        "g3": [third],
        "none": [],
    }
    assert county.draft(everything, scope=Scope("11")) is None
    assert county.draft(999, scope=EVERYWHERE) is None


def test_edits_form_a_tree_so_that_undo_and_another_edit_lose_nothing(county: Store) -> None:
    draft = opened(county)
    first = edit(county, draft, None, 1, 1)
    second = edit(county, draft, first, 2, 2)
    with county.write() as w:  # undo
        w.change_draft(draft, 3, "undo", CONSOLE, head=first)
    now = county.draft(draft, scope=EVERYWHERE)
    assert now is not None
    assert (now.step, now.steps, now.version) == (1, 2, 4)
    other = edit(county, draft, first, 2, 4)
    now = county.draft(draft, scope=EVERYWHERE)
    assert now is not None
    assert [e.id for e in county.edits(now.tip)] == [first, other]
    before = county.draft_version(now, 3)
    assert before is not None
    assert [e.after for e in county.edits(before["tip"], images=True)] == [b"a1", b"a2"]
    assert [e.id for e in county.edits(second, since=first)] == [second]
    assert county.edit_path(other) == [other, first]
    assert [row["what"] for row in county.draft_log(now)] == [
        "new",
        "edit",
        "edit",
        "undo",
        "edit",
    ]


def test_a_version_that_was_left_behind_changes_nothing(county: Store) -> None:
    draft = opened(county)
    edit(county, draft, None, 1, 1)
    with pytest.raises(StaleDraft) as refused:
        edit(county, draft, None, 1, 1)
    assert refused.value.facts == {"draft": draft, "seen": 1, "version": 2}
    now = county.draft(draft, scope=EVERYWHERE)
    assert now is not None
    assert (now.version, now.step, len(county.edits(now.tip))) == (2, 1, 1)


def test_of_eight_changes_of_one_version_one_wins(county: Store) -> None:
    draft = opened(county)
    won: list[int] = []

    def change(n: int) -> None:
        try:
            edit(county, draft, None, 1, 1)
        except StaleDraft:
            return
        won.append(n)

    threads = [threading.Thread(target=change, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def wider(town: Any) -> Any:
    plan = town.grids()
    plan.loc[0, "geometry"] = box(100, 30, 101.6, 31)
    plan.loc[1, "geometry"] = box(101.6, 30, 102, 31)
    return plan


def publish(store: Store, plan: Any, day: dt.date) -> None:
    with store.write(today=TODAY) as w:
        w.put_grids(plan, valid_from=day)


def shapes(store: Store, revision: int | None = None) -> dict[str, float]:
    rows = store.grids(scope=EVERYWHERE, revision=revision)
    return {c: round(g.area, 3) for c, g in zip(rows.code, rows.geometry, strict=True)}


def test_a_plan_that_waits_can_be_withdrawn_and_an_earlier_day_is_free_again(
    county: Store, town: Any
) -> None:
    before = shapes(county)
    publish(county, wider(town), LATER)
    with pytest.raises(PlanTooEarly):
        publish(county, town.grids().iloc[:2], SOON)
    with county.write(today=TODAY) as w:
        assert w.latest_revision() == 2
        w.withdraw_revision(2)
        assert w.latest_revision() == 1
    assert shapes(county, 2) == {}
    kept = county.withdrawn_grids(2, scope=EVERYWHERE)  # a draft may build on it
    assert [round(g.area, 3) for g in kept.geometry] == [1.6, 0.4, 1.0]
    assert [p.revision for p in county.plan_columns(scope=EVERYWHERE)] == [1]
    assert county.plan_columns(scope=EVERYWHERE)[0].valid_to is None
    assert county.promote(LATER) is False
    assert shapes(county) == before
    publish(county, wider(town), SOON)  # its number is not given again
    assert [(r.revision, r.withdrawn) for r in county.published()] == [
        (3, False),
        (2, True),
        (1, False),
    ]
    assert county.promote(SOON) is True
    assert shapes(county) == {"g1": 1.6, "g2": 0.4, "g3": 1.0}
    assert shapes(county, 1) == before


@pytest.mark.parametrize(("day", "number"), [(TODAY, 2), (LATER, 1)])
def test_what_is_in_force_or_built_upon_is_not_withdrawn(
    county: Store, town: Any, day: dt.date, number: int
) -> None:
    publish(county, wider(town), day)
    with pytest.raises(RevisionStands), county.write(today=TODAY) as w:
        w.withdraw_revision(number)
    assert [r.withdrawn for r in county.published()] == [False, False]


def test_lineage_and_certificates_are_kept_with_their_revision(county: Store, town: Any) -> None:
    draft = opened(county)
    publish(county, wider(town), TODAY)
    with county.write() as w:
        w.add_lineage(2, [("g1", "g1"), ("g1", "g2")])
        w.add_certificate(2, draft, '{"revision": 2}', "abc")
    assert county.lineage(["g2"]) == [(2, "g1", "g2")]
    assert county.lineage(revision=2) == [(2, "g1", "g1"), (2, "g1", "g2")]
    (newest,) = county.published(2)
    assert (newest.document, newest.sha256, newest.draft_id) == ('{"revision": 2}', "abc", draft)
    assert county.published(1)[0].document is None


def test_a_stroke_is_an_edit_that_the_draft_shows_at_once(county: Store) -> None:
    draft = opened(county)
    first = edit(county, draft, None, 1, 1)
    image = {"op": "split", "arguments": "{}", "before": b"b", "after": b"a", "came_from": "{}"}
    with county.write() as w:
        made = w.draw(draft, 2, first, 2, CONSOLE, client="c-1", notes=None, **image)
    now = county.draft(draft, scope=EVERYWHERE)
    assert now is not None
    assert made == (now.head, 3)
    assert (now.version, now.head, now.tip, now.step) == (3, now.tip, now.head, 2)
    assert [e.after for e in county.edits(now.tip, images=True)] == [b"a1", b"a"]
    sent = county.draft_sent(now, "c-1")
    assert sent is not None
    assert (sent["version"], sent["what"], sent["head"]) == (3, "edit", now.head)
    assert county.draft_log(now)[-1]["at"] == now.changed_at


def test_a_stroke_on_a_version_that_was_left_behind_leaves_nothing(county: Store) -> None:
    draft = opened(county)
    first = edit(county, draft, None, 1, 1)
    image = {"op": "split", "arguments": "{}", "before": b"b", "after": b"a", "came_from": "{}"}
    with pytest.raises(StaleDraft) as refused, county.write() as w:
        w.draw(draft, 1, None, 1, CONSOLE, notes=None, **image)
    assert refused.value.facts == {"draft": draft, "seen": 1, "version": 2}
    now = county.draft(draft, scope=EVERYWHERE)
    assert now is not None
    assert (now.version, now.head) == (2, first)
    assert [e.id for e in county.edits(now.tip)] == [first]
    assert len(county.draft_log(now)) == 2
