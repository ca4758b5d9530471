"""A change of a draft whose answer was lost is sent again, and is made once."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import Actor, Role, Scope
from gisgrid.operations.plans import editing

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.operations.workspace import Workspace

    Pens = Callable[..., Any]

MIDDLE = {"type": "LineString", "coordinates": [[105.0055, 34.9], [105.0055, 35.1]]}
SPLIT = {"op": "split", "code": "G1", "line": MIDDLE, "new_codes": ["G1-2"]}
RIM = [
    [105.0005, 34.99],
    [105.0035, 34.99],
    [105.0035, 35.006],
    [105.0005, 35.006],
    [105.0005, 34.99],
]
TRIM = {"op": "trim", "area": {"type": "Polygon", "coordinates": [RIM]}}


def fresh() -> str:
    return str(uuid.uuid4())


def known_by(name: str, ws: Workspace) -> Actor:
    person = ws.store.person(name)
    assert person is not None
    return Actor(name, Role.PLANNER, Scope("*"), person.id)


@pytest.mark.parametrize("between", ["nothing", "another change"])
def test_an_edit_sent_again_is_answered_as_before_and_made_once(pen: Pens, between: str) -> None:
    mine = pen()
    begun, sent = mine.tag, SPLIT | {"client_id": fresh()}
    first = mine.post("edits", sent, expect=201)
    if between == "another change":
        mine.edit(op="change", code="G4", name="later")
    before = mine.get()
    again = mine.post("edits", sent, expect=201, tag=begun)
    assert again == first
    assert mine.tag == '"v2"'  # so that who sent it learns of what came after it
    assert mine.get() == before


def test_steps_back_and_forth_sent_again_are_made_once(pen: Pens) -> None:
    mine = pen()
    mine.edit(**SPLIT)
    mine.edit(op="change", code="G4", name="second")
    for verb in ("undo", "redo"):
        begun, sent = mine.tag, {"client_id": fresh()}
        first = mine.post(verb, sent)
        assert mine.post(verb, sent, tag=begun) == first
        assert mine.post(verb, sent, tag=begun) == first
        assert mine.get()["step"] == {"undo": 1, "redo": 2}[verb]


def test_what_was_told_of_an_edit_is_kept_with_it_and_told_again(pen: Pens) -> None:
    mine = pen()
    begun, sent = mine.tag, TRIM | {"client_id": fresh()}
    first = mine.post("edits", sent, expect=201)
    assert "households_out" in [note["what"] for note in first["notes"]]
    (edit,) = mine.get()["edits"]
    (out,) = [note for note in edit["notes"] if note["what"] == "households_out"]
    assert out["sentence"] == "Households would lie outside the plan."
    assert out["size"] == first["impact"]["households"]["count"] > 0
    assert out["place"] == [round(c, 3) for c in out["place"]]  # nobody's very place
    again = mine.post("edits", sent, expect=201, tag=begun)
    assert again["notes"] == edit["notes"]
    told = mine.client.get(f"/api/v1/drafts/{mine.id}", headers={"Accept-Language": "zh"}).json
    assert told["edits"][0]["notes"][0]["sentence"] != out["sentence"]


def test_an_id_stands_for_one_change_of_one_person(pen: Pens) -> None:
    mine, key = pen(), fresh()
    mine.post("edits", SPLIT | {"client_id": key}, expect=201)
    other = {"op": "change", "code": "G1", "name": "x", "client_id": key}
    assert mine.post("edits", other, expect=409)["code"] == "record_differs"
    assert mine.post("undo", {"client_id": key}, expect=409)["code"] == "record_differs"
    theirs = pen(name="another *", draft=mine.id)
    refused = theirs.post("edits", SPLIT | {"client_id": key}, expect=409)
    assert refused["code"] == "record_differs"
    second = pen(title="another draft")
    second.post("edits", SPLIT | {"client_id": key}, expect=201)
    assert [len(p.get()["edits"]) for p in (mine, second)] == [1, 1]


@pytest.mark.parametrize("key", ["", "x", 7, [], {}, "'; --", "0" * 500])
def test_an_id_that_is_no_uuid_is_refused(pen: Pens, key: Any) -> None:
    mine = pen()
    assert mine.post("edits", SPLIT | {"client_id": key}, expect=422)["code"] == "bad_edit"
    status = 422 if isinstance(key, str) else 400  # a field of another kind
    mine.post("undo", {"client_id": key}, expect=status)
    assert mine.get()["version"] == 1


def test_of_two_that_are_sent_at_once_under_one_id_both_have_the_one_answer(
    pen: Pens, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = pen()
    sent, who = SPLIT | {"client_id": fresh()}, known_by("planner *", ws)
    both = threading.Barrier(2, timeout=30)
    try_it = editing.tried

    def together(*args: Any, **more: Any) -> Any:
        found = try_it(*args, **more)
        both.wait()  # neither is stored yet, and neither knows of the other
        return found

    monkeypatch.setattr(editing, "tried", together)
    answers: list[dict[str, Any]] = []

    def send() -> None:
        answers.append(editing.edit(ws, who, mine.id, sent, seen=1))

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers[0] == answers[1]
    assert (mine.get()["version"], len(mine.get()["edits"])) == (2, 1)
