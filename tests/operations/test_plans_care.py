"""What a plan takes care of: people without a location, codes, corners next door, who answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gisgrid.errors import EditRefused
from gisgrid.operations.plans import drafts

from .town import LINE, codes, make, person, publish, town

if TYPE_CHECKING:
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Store


@pytest.fixture
def ws(store: Store) -> Workspace:
    """The town of town.py."""
    return town(store)


def draw(ws: Workspace, name: str = "春") -> int:
    return drafts.open_draft(ws, person(ws, "Ann"), name=name)


def test_a_code_that_ended_in_an_earlier_plan_is_not_given_again(ws: Workspace) -> None:
    first = draw(ws)
    make(ws, first, op="merge", codes=["甲1", "甲2"])
    publish(ws, first)
    second = draw(ws)
    with pytest.raises(EditRefused) as refused:
        make(ws, second, op="split", code="甲1", line=LINE, new_codes=["甲2"])
    assert refused.value.facts["faults"][0]["what"] == "code_ended"
    make(ws, second, op="split", code="甲1", line=LINE)
    assert codes(ws, second) == ["乙1", "甲1", "甲3"]
