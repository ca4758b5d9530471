"""What is drawn over HTTP while servers are killed, all kinds of edits, and what is told of it.

A figure is drawn where it is not yet, and taken away where it is: so each can be drawn again and
again, in whatever state the killed server left the plan.
"""

from __future__ import annotations

import http.client
import json
import random
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from gisgrid import redraw
from gisgrid.redraw import Grid, Plan, Points

from .conftest import grids, households

if TYPE_CHECKING:
    from collections.abc import Callable

Looks = dict[str, tuple[Any, ...]]
"""Code -> labels and rings of a grid, as an answer shows them."""
LABELS = ("name", "area_code", "member", "visit_every_days")
KINDS = (
    *("split", "merge", "reshape", "course", "transfer", "assign", "grow", "trim", "renumber"),
    *("change name", "change member", "change visit_every_days", "change area_code"),
)
"""All that the API takes; undo, redo and rebase aside."""
FIGURES = ("split", "reshape", "course", "transfer", "assign", "grow", "renumber", *LABELS)
WEST, LEFT, RIGHT = (105.005, 35.0098), (105.0109, 35.0098), (105.0195, 35.0098)
THIRD, EAST = (105.022, 35.0098), (105.035, 35.0098)
"""Places that no figure gives to another row of the county: G1, the two parts of G2, G3, G4."""
MEETING = 105.03
"""Where the edge of G3 and G4 runs, about."""
BENDS = ([105.0302, 35.003], [105.0297, 35.0032])
HOME, AROUND_HOME = (105.016, 35.005), (105.0155, 35.0045, 105.0203, 35.0055)
BUMP = (105.024, 35.01, 105.026, 35.0106)
NOTCH, OTHER_NOTCH = (105.0294, 35.007, 105.0304, 35.008), (105.0195, 35.001, 105.02, 35.002)


def shown(features: list[dict[str, Any]]) -> Looks:
    """Features of an answer by code."""
    told = [(feature["properties"], feature["geometry"]) for feature in features]
    return {
        grid["code"]: (*(grid[label] for label in LABELS), shape["coordinates"])
        for grid, shape in told
    }


def looks(grid: Grid) -> tuple[Any, ...]:
    """A grid as an answer shows it."""
    rings = [grid.polygon.exterior, *grid.polygon.interiors]
    labels = (getattr(grid, label) for label in LABELS)
    return (*labels, [[list(point) for point in ring.coords] for ring in rings])


def settled(look: tuple[Any, ...]) -> tuple[Any, ...]:
    """The labels and the bytes of the shape, wherever its rings begin."""
    *labels, (shell, *holes) = look
    return (*labels, shapely.Polygon(shell, holes).normalize().wkb)


def owner(plan: Looks, place: tuple[float, float]) -> str:
    """The code of the grid at a place; "" where there is none."""
    point = shapely.Point(place)
    codes = [c for c, look in plan.items() if shapely.Polygon(look[-1][0]).contains(point)]
    return codes[0] if codes else ""


def middle(box: tuple[float, ...]) -> tuple[float, float]:
    west, south, east, north = box
    return (west + east) / 2, (south + north) / 2


def polygon(box: tuple[float, ...]) -> dict[str, Any]:
    ring = shapely.box(*box).exterior.coords
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def line(*points: tuple[float, float]) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(point) for point in points]}


class Strokes:
    """Edits one after the other, each of the figure that is asked for, on the plan as it is."""

    def __init__(self, chance: random.Random, word: str) -> None:
        self.chance, self.word = chance, word
        self.count = 0
        draws: list[Callable[[Looks], dict[str, Any]]] = [
            *(self.split, self.reshape, self.course, lambda plan: self.transfer(plan, NOTCH)),
            *(self.assign, self.grow, self.renumber),
            *(lambda plan, at=label: self.change(plan, at) for label in LABELS),  # type: ignore[misc]
        ]
        self.figures = dict(zip(FIGURES, draws, strict=True))

    def wish(self, plan: Looks, figure: str) -> dict[str, Any]:
        """The edit that draws the figure or takes it away."""
        self.count += 1
        return self.figures[figure](plan)

    def aside(self, plan: Looks) -> list[dict[str, Any]]:
        """Edits that no figure is in the way of, but a renumbering of the last one's grid."""
        self.count += 1
        return [
            {"op": "change", "code": owner(plan, WEST), "name": f"aside {self.mark()}"},
            self.transfer(plan, OTHER_NOTCH),
            {"op": "change", "code": owner(plan, EAST), "member": f"aside {self.mark()}"},
        ]

    def mark(self) -> str:
        """A word that nothing else has."""
        return f"{self.word}-{self.count}"

    def change(self, plan: Looks, label: str) -> dict[str, Any]:
        code = owner(plan, self.chance.choice((WEST, LEFT, RIGHT, THIRD, EAST)))
        values: dict[str, list[Any]] = {
            "name": [f"name {self.mark()}"],
            "member": [f"member {self.mark()}"],
            "visit_every_days": [7, 30, 90],
            "area_code": ["V1", "V2", "V3"],
        }
        other = [v for v in values[label] if v != plan[code][LABELS.index(label)]]
        return {"op": "change", "code": code, label: self.chance.choice(other)}

    def split(self, plan: Looks) -> dict[str, Any]:
        left, right = owner(plan, LEFT), owner(plan, RIGHT)
        if left != right:
            return {"op": "merge", "codes": [right, left]}
        # So far west that most households stay in the east, and with them the code.
        x = round(105.0112 + self.chance.randrange(8) / 1e4, 7)
        new = [f"N{self.mark()}"]
        return {"op": "split", "code": left, "line": line((x, 34.99), (x, 35.02)), "new_codes": new}

    def reshape(self, plan: Looks) -> dict[str, Any]:
        """A corner put in, moved, taken out, and so on."""
        corners = [point for look in plan.values() for point in look[-1][0]]
        put, moved = BENDS
        if moved in corners:
            return {"op": "reshape", "remove": [moved]}
        if put in corners:
            return {"op": "reshape", "moves": [{"from": put, "to": moved}]}
        shell = plan[owner(plan, THIRD)][-1][0]
        (ends,) = (
            [a, b]
            for a, b in pairwise(shell)
            if max(abs(a[0] - MEETING), abs(b[0] - MEETING)) < 1e-3
            and min(a[1], b[1]) < put[1] < max(a[1], b[1])
        )
        return {"op": "reshape", "insert": [{"between": ends, "at": put}]}

    def course(self, plan: Looks) -> dict[str, Any]:
        west = owner(plan, WEST)
        x = 105.01 if owner(plan, (105.0101, 35.005)) == west else 105.0103
        way = line((105.01, 34.99), (x, 35.005), (105.01, 35.02))
        return {"op": "course", "codes": [west, owner(plan, LEFT)], "line": way}

    def transfer(self, plan: Looks, notch: tuple[float, ...]) -> dict[str, Any]:
        x, y = middle(notch)
        west, east = owner(plan, (x - 1e-3, y)), owner(plan, (x + 1e-3, y))
        to = east if owner(plan, (x, y)) == west else west
        return {"op": "transfer", "area": polygon(notch), "to": to}

    def assign(self, plan: Looks) -> dict[str, Any]:
        """The household at HOME, with the ground up to the grid that it goes to."""
        right, third = owner(plan, RIGHT), owner(plan, THIRD)
        to = third if owner(plan, HOME) == right else right
        return {"op": "assign", "lasso": polygon(AROUND_HOME), "to": to}

    def grow(self, plan: Looks) -> dict[str, Any]:
        if owner(plan, middle(BUMP)):
            return {"op": "trim", "area": polygon(BUMP)}
        return {"op": "grow", "area": polygon(BUMP), "to": owner(plan, THIRD)}

    def renumber(self, plan: Looks) -> dict[str, Any]:
        return {"op": "renumber", "code": owner(plan, EAST), "new_code": f"R{self.mark()}"}


def kind_of(wish: dict[str, Any]) -> str:
    """The kind of an edit, as KINDS has it."""
    labels = [label for label in LABELS if label in wish] if wish["op"] == "change" else []
    return " ".join([wish["op"], *labels])


class Session:
    """A person over HTTP, on a server that may vanish at any moment."""

    def __init__(self, cookie: str, key: str) -> None:
        self.cookie, self.key, self.port = cookie, key, 0

    def post(self, address: str, body: Any, seen: int | None = None) -> Any:
        """The JSON of the answer. Raises OSError or HTTPException when the server is gone."""
        tag = {} if seen is None else {"If-Match": f'"v{seen}"'}
        return self.ask("POST", address, json.dumps(body), tag)

    def ask(self, verb: str, address: str, body: str | None, tag: dict[str, str]) -> Any:
        headers = {"Cookie": self.cookie, "X-CSRFToken": self.key, **tag}
        headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(verb, f"/api/v1{address}", body, headers)
            answer = connection.getresponse()
            found = json.loads(answer.read())
        finally:
            connection.close()
        assert answer.status < 300, (body, found)
        return found

    def grids(self, draft: int) -> Looks:
        """All grids of a draft."""
        return shown(self.ask("GET", f"/drafts/{draft}/grids", None, {})["features"])


WAYS = ("undo", "redo")
Place = tuple[list[dict[str, Any]], int, int]
"""What a draft holds: its edits as they were sent, how many of them count, its base."""


class Told:
    """What the server has acknowledged of one draft.

    made: all its edits as they were sent, undone ones too; step: how many of them count; base: the
    plan that it builds on. grids: the draft's, None where no answer has shown them yet. able: what
    it holds where what was sent last and has no answer was done after all.
    """

    def __init__(self, opened: dict[str, Any], grids: Looks) -> None:
        self.id, self.version = opened["id"], opened["version"]
        self.made: list[dict[str, Any]] = []
        self.step, self.base = 0, opened["base_revision"]
        self.grids: Looks | None = grids
        self.able: Place | None = None
        self.publishing = False
        self.kinds: Counter[str] = Counter()

    @property
    def place(self) -> Place:
        return self.made, self.step, self.base

    def asks(self, wish: dict[str, Any]) -> None:
        """An edit, undo or redo is about to be sent."""
        back = {"undo": -1, "redo": 1}.get(wish["op"])
        edits = [*self.made[: self.step], wish] if back is None else self.made
        self.able = edits, self.step + (1 if back is None else back), self.base

    def answered(self, kind: str, answer: dict[str, Any]) -> None:
        assert self.able is not None
        self.made, self.step, self.base = self.able
        assert answer["step"] == self.step
        self.version, self.able = answer["version"], None
        self.kinds[kind] += 1

    def drawn(self, answer: dict[str, Any]) -> None:
        """The grids as the answer to an edit, an undo or a redo tells them."""
        assert self.grids is not None
        self.grids |= shown(answer["changed"])
        for code in answer["removed"]:
            del self.grids[code]


def test_each_figure_holds_in_whatever_state_the_plan_is() -> None:
    chance = random.Random(0)  # noqa: S311 - not a secret
    strokes = Strokes(chance, "w")
    rows = grids()
    words = (rows[name] for name in ("code", "name", "area_code", "member"))
    made = zip(*words, [None] * len(rows), rows.geometry, strict=True)
    plan = Plan.of(Grid(*row) for row in made)
    points = np.array([(p.x, p.y) for p in households().geometry if p is not None])
    homes = Points(points[:, 0], points[:, 1])
    found: Counter[str] = Counter()
    for _ in range(300):
        seen = {code: looks(plan[code]) for code in plan.codes()}
        figure = chance.choice([*FIGURES, "aside"])
        wishes = strokes.aside(seen) if figure == "aside" else [strokes.wish(seen, figure)]
        for wish in wishes:
            outcome = redraw.apply(plan, redraw.edit_from_json(wish), homes)
            assert not outcome.faults, (wish, outcome.faults)
            plan = outcome.plan
            found[kind_of(wish)] += 1
    assert found.keys() == {*KINDS}
    assert not redraw.check_plan([plan[code] for code in plan.codes()], None)
