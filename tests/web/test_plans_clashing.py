"""What a refused publish or reverse names: the grids that clash, and where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .approving import MERGE, SPLIT, approved, published

if TYPE_CHECKING:
    from collections.abc import Callable

    Pens = Callable[..., Any]


def test_a_lost_race_says_which_grids_both_changed_and_where(pen: Pens) -> None:
    first = approved(pen, {"op": "change", "code": "G1", "name": "one"})
    second = approved(pen, {"op": "change", "code": "G1", "name": "two"}, MERGE, name="Ben")
    first.post("publish", expect=201)
    facts = second.post("publish", expect=409)["facts"]
    (fault,) = facts["faults"]
    assert (facts["codes"], fault["codes"], fault["what"]) == (["G1"], ["G1"], "both_changed")
    lon, lat = fault["place"]
    assert 105 < lon < 105.01
    assert 35 < lat < 35.01


def test_the_page_of_a_refused_reverse_names_the_grids_and_leads_there(
    pen: Pens, token: Callable[..., str]
) -> None:
    published(pen, SPLIT)
    ann = published(pen, {"op": "change", "code": "G1-2", "name": "later"}).client
    address = "/plans/revisions/2"
    answer = ann.post(f"{address}/reverse", data={"csrf_token": token(ann, address)})
    assert answer.status_code == 409
    assert 'href="/plans/grids/G1-2"' in answer.text
    assert "Later plans changed the same grids." in answer.text
    assert 'href="/#16/35.00500/105.00' in answer.text
