"""Eight planners publish at one moment over HTTP: one wins, seven are told, none loses work."""

from __future__ import annotations

import http.client
import json
import random
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import shapely

from gisgrid.access import CONSOLE
from gisgrid.errors import EditRefused
from gisgrid.operations import people
from gisgrid.operations.plans import drafts, editing, rebasing, reviewing
from gisgrid.operations.plans.drawing import Drawings
from gisgrid.operations.workspace import Workspace
from gisgrid.web import create_app

from ..conftest import listening

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gisgrid.settings import Settings

PLANNERS = 8
SAMPLE, LONG = 34, 1000
FRESH = 100
"""Rounds on one store: its history grows by a plan a round, and is read anew each time."""
KINDS = ("split", "transfer", "reshape", "merge", "change")
FEWEST, MOST = 3, 8
"""Grids of the plan below which none is merged, and above which none is split."""
PATIENCE = 2
"""Races after which a draft that lost them all is laid aside, so that none grows without end."""
TRIES = 20


def wish(chance: random.Random, plan: Any, kind: str, code: str, mark: str) -> dict[str, Any]:
    """An edit of one grid: of its ground, together with a neighbour's, or of its member."""
    shape = plan[code].polygon
    west, south, east, north = shape.bounds
    near = chance.choice([c for c in plan.near(shape.bounds) if c != code])
    at = west + (east - west) * chance.uniform(0.2, 0.8)
    up = south + (north - south) * chance.uniform(0.2, 0.8)
    lines = ([[at, south - 0.01], [at, north + 0.01]], [[west - 0.01, up], [east + 0.01, up]])
    shell = shapely.get_coordinates(shapely.get_parts(shape)[0].exterior).tolist()
    edge = chance.randrange(len(shell) - 1)
    (ax, ay), (bx, by) = shell[edge : edge + 2]
    middle = [(ax + bx) / 2, (ay + by) / 2]
    blob = shapely.Point(middle).buffer(chance.uniform(3e-4, 2e-3), quad_segs=2)
    area = {"type": "Polygon", "coordinates": [[list(p) for p in blob.exterior.coords]]}
    bent = [value + chance.gauss(0, 5e-4) for value in middle]
    line = {"type": "LineString", "coordinates": chance.choice(lines)}
    wishes: dict[str, dict[str, Any]] = {
        "split": {"code": code, "line": line, "allow_led": True},
        "transfer": {"area": area, "to": near},
        "reshape": {"insert": [{"between": [[ax, ay], [bx, by]], "at": bent}]},
        "merge": {"codes": [code, near]},
        "change": {"code": code, "member": mark},
    }
    return {"op": kind, **wishes[kind]}


def looks(plan: Any) -> dict[str, tuple[Any, ...]]:
    """Every grid with its words and the bytes of its shape, wherever its rings begin."""
    grids = [plan[code] for code in plan.codes()]
    return {
        g.code: (g.name, g.area_code, g.member, g.visit_every_days, g.polygon.normalize().wkb)
        for g in grids
    }


def apart(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """Codes of the grids that are only in one of two plans, or other grids there."""
    return {code for code in {*one, *other} if one.get(code) != other.get(code)}


class Planner:
    """A signed-in planner with a connection of one's own, and a draft that is made ready."""

    def __init__(self, ws: Workspace, number: int, port: int, sign_in: Callable[..., Any]) -> None:
        self.ws, self.number, self.port = ws, number, port
        name = f"planner {number}"
        people.add(ws, CONSOLE, name, role="planner", scope="*")
        person = ws.store.person(name)
        assert person is not None
        self.actor = people.actor_of(person)
        self.cookie, self.key = sign_in(name)
        self.draft = self.lost = 0
        self.kind = ""
        self.answer: tuple[int, Any] = (0, None)

    def row(self) -> Any:
        return drafts.found(self.ws, self.actor, self.draft)

    def ready(self, boss: Any, round_: int, chance: random.Random, focus: str) -> None:
        """An approved draft on the last plan that changes the grid `focus` of it.

        It is the draft that lost, rebased, with an edit more; or a new one.
        """
        ws = self.ws
        if self.draft and self.lost > PATIENCE:
            reviewing.discard(ws, self.actor, self.draft, seen=self.row().version)
            self.draft = 0
        if self.draft:
            was = self.row()
            left = rebasing.rebase(ws, self.actor, self.draft, seen=was.version)
            assert self.row().steps + len(left) == was.steps, "an edit went without a word"
        else:
            self.draft = drafts.open_draft(ws, self.actor, name=f"round {round_}")
            self.lost = 0
        self.edit(round_, chance, focus)
        seen = reviewing.submit(ws, self.actor, self.draft, seen=self.row().version)
        self.seen = reviewing.approve(ws, boss, self.draft, seen=seen)
        self.before = self.whole()

    def edit(self, round_: int, chance: random.Random, focus: str) -> None:
        """Change the focus by the kind of edit whose turn it is; by another where none holds.

        Where the draft has merged the focus away, it changes that already.
        """
        plan = self.ws.drawings.of(self.row()).plan
        code = focus if focus in plan else chance.choice(plan.codes())
        turn = (self.number + round_) % len(KINDS)
        count = len(plan.codes())
        spared = {"split"} if count >= MOST else {"merge"} if count <= FEWEST else set()
        for kind in [k for k in (*KINDS[turn:], *KINDS[:turn]) if k not in spared]:
            for _ in range(TRIES):
                asked = wish(chance, plan, kind, code, f"{self.number} in {round_}")
                with suppress(EditRefused):
                    seen = self.row().version
                    editing.edit(self.ws, self.actor, self.draft, asked, seen=seen)
                    self.kind = kind
                    return

    def whole(self) -> tuple[Any, ...]:
        """The draft as the store holds it, and all its edits with the grids before and after."""
        row = self.row()
        place = (row.state, row.base_revision, row.head, row.tip, row.step, row.steps, row.version)
        return (*place, row.left_out, self.ws.store.edits(row.tip, images=True))

    def publish(self, start: threading.Barrier) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.connect()
        headers = {
            "Cookie": self.cookie,
            "X-CSRFToken": self.key,
            "Content-Type": "application/json",
            "If-Match": f'"v{self.seen}"',
        }
        start.wait()
        connection.request("POST", f"/api/v1/drafts/{self.draft}/publish", "{}", headers)
        answer = connection.getresponse()
        self.answer = answer.status, json.loads(answer.read())
        connection.close()


@contextmanager
def served(settings: Settings, ws: Workspace) -> Iterator[tuple[Any, int]]:
    app = create_app(settings, ws)
    with listening(app, PLANNERS) as port:
        yield app, port


def race(
    settings: Settings, ws: Workspace, enter_by: Callable[..., Any], rounds: int, seed: int = 0
) -> None:
    chance = random.Random(seed)  # noqa: S311 - not a secret
    drawn: Counter[str] = Counter()
    with served(settings, ws) as (app, port):
        crowd = [Planner(ws, n, port, lambda name: enter_by(app, name)) for n in range(PLANNERS)]
        people.add(ws, CONSOLE, "boss", role="supervisor", scope="*")
        chief = ws.store.person("boss")
        assert chief is not None
        boss = people.actor_of(chief)
        for round_ in range(1, rounds + 1):
            plan = Drawings(ws.store).base(round_)
            focus = chance.choice(plan.codes())
            for planner in crowd:
                planner.ready(boss, round_, chance, focus)
            start = threading.Barrier(PLANNERS)
            threads = [threading.Thread(target=p.publish, args=(start,)) for p in crowd]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            judge(ws, crowd, round_, looks(plan), focus)
            drawn.update(planner.kind for planner in crowd)
            drawn.update(f"won by {p.kind}" for p in crowd if not p.draft)
    assert drawn.keys() >= {*KINDS}, drawn
    assert sum(drawn[f"won by {kind}"] for kind in KINDS if kind != "change"), drawn


def judge(
    ws: Workspace, crowd: list[Planner], round_: int, was: dict[str, Any], focus: str
) -> None:
    """One is the next plan; the others were told of it, and their drafts are as they were."""
    statuses = sorted(planner.answer[0] for planner in crowd)
    assert statuses == [201] + [409] * (PLANNERS - 1), (round_, [p.answer for p in crowd])
    newest, before = ws.store.published()[:2]
    assert newest.revision == before.revision + 1 == round_ + 1
    plan = Drawings(ws.store).base(newest.revision)
    now = looks(plan)
    touched = apart(was, now)
    for planner in crowd:
        row, (status, told) = planner.row(), planner.answer
        mine = looks(ws.drawings.of(row).plan)
        if status == 201:
            assert (row.state, row.revision) == ("published", newest.revision)
            assert told["revision"] == newest.revision
            assert mine == now, f"another plan than the winner's in round {round_}"
            planner.draft = 0
            continue
        assert planner.whole() == planner.before, f"a loser's draft changed in round {round_}"
        assert told["code"] == "plan_moved"
        facts = told["facts"]
        assert (facts["base"], facts["current"]) == (before.revision, newest.revision)
        assert focus in facts["codes"], (round_, facts)
        assert set(facts["codes"]) <= touched, f"the winner left those alone in round {round_}"
        assert set(facts["codes"]) == touched & apart(was, mine)
        placed(facts, was, now)
        planner.lost += 1


def placed(facts: dict[str, Any], was: dict[str, Any], now: dict[str, Any]) -> None:
    """Each clash is told with a place in its grid, as it is or, where it is no more, was."""
    assert [(f["what"], f["codes"]) for f in facts["faults"]] == [
        ("both_changed", [code]) for code in facts["codes"]
    ]
    for fault in facts["faults"]:
        (code,) = fault["codes"]
        shape = shapely.from_wkb((now if code in now else was)[code][-1])
        assert shape.intersects(shapely.Point(fault["place"])), fault


@pytest.fixture
def enter_by(ws: Workspace, token: Callable[..., str]) -> Callable[..., tuple[str, str]]:
    """`enter_by(app, name)` -> the cookie and the page's token of a session of that person."""

    def come_in(app: Any, name: str) -> tuple[str, str]:
        client = app.test_client()
        address = f"/enter/{people.make_link(ws, CONSOLE, name)}"
        client.post(address, data={"csrf_token": token(client, address)})
        key = token(client, "/")
        cookie = client.get_cookie("gisgrid")
        assert cookie is not None
        return f"gisgrid={cookie.value}", key

    return come_in


def test_of_eight_who_publish_at_once_one_wins_and_nobody_loses_work(
    settings: Settings, ws: Workspace, enter_by: Callable[..., Any]
) -> None:
    # On a database two whole servers are raced as well: tests/postgis/test_traffic.py.
    race(settings, ws, enter_by, SAMPLE // 5 if "://" in settings.store else SAMPLE)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(LONG // FRESH))
def test_a_thousand_rounds_have_a_thousand_winners(
    settings: Settings, ws: Workspace, enter_by: Callable[..., Any], part: int
) -> None:
    race(settings, ws, enter_by, FRESH, part)
