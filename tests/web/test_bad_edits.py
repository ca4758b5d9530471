"""Bad input one by one, over the API and by `gisgrid plan edit`: reason, place, and no change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from gisgrid.cli import main
from gisgrid.redraw.cutting import MOST_POINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

    Pens = Callable[..., Any]


def line(*points: Any) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


def area(*points: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(p) for p in (*points, points[0])]]}


BOW = ((105.001, 34.999), (105.009, 35.011), (105.001, 35.011), (105.009, 34.999))
CORNER = ((105.0001, 35.0001), (105.0009, 35.0001), (105.0009, 35.0009))
FAR = ((10, 10), (10.01, 10), (10.01, 10.01))
EDGE = line((105.01, 34.99), (105.01, 35.02))
UPRIGHT = line((105.005, 34.9), (105.005, 35.1))
NAN = line((105, 35), (105.01, float("nan")), (105, 35.1))
BEYOND = [{"from": [105.01, 35.01], "to": [105.03, 34.99]}]  # over G2 into G3
HUGE = line((105, 35), (10**400, 35))
DEEP = 100_000
MANY = line(*([105 + n / 1e7, 35] for n in range(MOST_POINTS + 1)))

REFUSED: dict[str, tuple[dict[str, Any], str, list[float] | None]] = {
    "a line that crosses itself": (
        *({"op": "split", "code": "G1", "line": line(*BOW)}, "line_crosses_itself"),
        [105.005, 35.005],
    ),
    "an area that crosses itself": (
        *({"op": "transfer", "area": area(*BOW), "to": "G2"}, "line_crosses_itself"),
        [105.005, 35.005],
    ),
    "a lasso over nobody": (
        *({"op": "assign", "lasso": area(*CORNER), "to": "G2"}, "nothing_inside"),
        [105.0007, 35.0005],
    ),
    "a lasso far away": (
        *({"op": "assign", "lasso": area(*FAR), "to": "G2"}, "outside"),
        [10.0, 10.0],
    ),
    "a line along an edge": (
        *({"op": "split", "code": "G1", "line": EDGE}, "line_along_border"),
        [105.01, 35.005],
    ),
    "a corner dragged over the far side of a neighbour": (
        *({"op": "reshape", "moves": BEYOND}, "crosses"),
        [105.03, 34.99],
    ),
    "a line outside the county": (
        *({"op": "split", "code": "G1", "line": line(*FAR)}, "outside"),
        [10.0, 10.0],
    ),
    "a code that is taken": (
        *({"op": "renumber", "code": "G1", "new_code": "G2"}, "code_taken"),
        [105.015, 35.005],
    ),
    "a part with a code that is taken": (
        *({"op": "split", "code": "G1", "line": UPRIGHT, "new_codes": ["G3"]}, "code_taken"),
        [105.025, 35.005],
    ),
    # Where a grid of others lies is not told: it answers as one that is not there.
    "a grid outside the scope": (
        *({"op": "change", "code": "G4", "name": "x"}, "unknown_grid"),
        None,
    ),
    "a grid that is not there": (
        *({"op": "change", "code": "G9", "name": "x"}, "unknown_grid"),
        None,
    ),
    "an area that is not there": (
        *({"op": "change", "code": "G1", "area_code": "nix"}, "unknown_area"),
        [105.005, 35.005],
    ),
    # Of others: it answers as one that is not there.
    "an area outside the scope": (
        *({"op": "change", "code": "G1", "area_code": "V3"}, "unknown_area"),
        [105.005, 35.005],
    ),
    "an area that has areas below it": (
        *({"op": "change", "code": "G1", "area_code": "T1"}, "area_above"),
        [105.005, 35.005],
    ),
    "no area": (
        *({"op": "change", "code": "G1", "area_code": None}, "no_area"),
        [105.005, 35.005],
    ),
}
UNREADABLE: dict[str, tuple[dict[str, Any], str]] = {
    "no number": ({"op": "split", "code": "G1", "line": NAN}, "point 2 of 3"),
    "too many points": ({"op": "split", "code": "G1", "line": MANY}, f"than {MOST_POINTS} points"),
    "a number of four hundred digits": (
        *({"op": "split", "code": "G1", "line": HUGE}, "point 2 of 2"),
    ),
    "a corner moved to such a number": (
        *({"op": "reshape", "moves": [{"from": [105, 35], "to": [105, 10**400]}]}, "point 1 of 1"),
    ),
    "outside the world": (
        *({"op": "split", "code": "G1", "line": line((105, 35), (105, 95))}, "point 2 of 2"),
    ),
}


@pytest.fixture
def by_hand(settings: Settings) -> Callable[..., tuple[int, str, str]]:
    """`by_hand(draft, wish)` -> exit code and what `gisgrid plan edit` says."""

    def edit(draft: int, wish: Any) -> tuple[int, str, str]:
        words = ["plan", "edit", str(draft), "-", "--as", "planner T1", "--store", settings.store]
        text = wish if isinstance(wish, str) else json.dumps(wish)
        found = CliRunner().invoke(main, words, input=text)
        return found.exit_code, found.stdout, found.stderr

    return edit


def test_each_is_answered_with_its_reason_and_place_at_both_doors(
    pen: Pens, ws: Workspace, by_hand: Callable[..., tuple[int, str, str]]
) -> None:
    mine = pen(area="T1", scope="T1")
    seen = mine.get(), mine.get("/grids")
    for case, (wish, what, place) in REFUSED.items():
        refused = mine.post("edits", wish, expect=422)
        (fault,) = refused["facts"]["faults"]
        assert (refused["code"], fault["what"]) == ("edit_refused", what), case
        assert fault["place"] == (place and pytest.approx(place)), case
        assert fault["sentence"] in refused["detail"], case
        status, told, said = by_hand(mine.id, wish)
        assert (status, json.loads(told)) == (1, [fault]), case
        assert fault["sentence"] in said, case
    for case, (wish, words) in UNREADABLE.items():
        refused = mine.post("edits", wish, expect=422)
        assert refused["code"] == "bad_edit", case
        assert words in refused["detail"], case
        status, told, said = by_hand(mine.id, wish)
        assert (status, told) == (1, ""), case
        assert words in said, case
    for deep in ("[" * DEEP, '{"op": ' + "[" * DEEP + "]" * DEEP + "}"):
        headers = {"X-CSRFToken": mine.key, "If-Match": mine.tag}
        address = f"/api/v1/drafts/{mine.id}/edits"
        more = {"headers": headers, "content_type": "application/json"}
        assert mine.client.post(address, data=deep, **more).status_code == 400
        status, told, said = by_hand(mine.id, deep)
        assert (status, told) == (1, "")
        assert "nested too deeply" in said
    assert (mine.get(), mine.get("/grids")) == seen
    mine.post("discard")
    good = {"op": "split", "code": "G1", "line": UPRIGHT}
    assert mine.post("edits", good, expect=409)["code"] == "draft_closed"
    status, told, said = by_hand(mine.id, good)
    assert (status, told) == (1, "")
    assert "discarded" in said
    assert mine.get()["step"] == 0
