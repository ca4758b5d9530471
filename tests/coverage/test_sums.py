from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gisgrid.columns import Areas
from gisgrid.coverage import Places, ancestors, groups, subtree, sum_groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from gisgrid.columns import Plan

#            0 county K ─ 1 township S ─ 4 village U
#                       ├ 2 township T ─ 5 village V
#                       └ 6 village W (right under the county)
#            3 township X (of no county)
TREE = Areas(
    code=np.array(["K", "S", "T", "X", "U", "V", "W"], dtype=object),
    name=np.array(["K", "S", "T", "X", "U", "V", "W"], dtype=object),
    level=np.array([0, 1, 1, 1, 2, 2, 2], dtype=np.int32),
    parent=np.array([-1, 0, 0, -1, 1, 2, 0], dtype=np.int32),
)
GRID_AREAS = {"a": 4, "b": 5, "c": 2, "d": 6, "e": 3}  # f lies in no area


@pytest.fixture
def plan(make_plan: Callable[..., Plan]) -> Plan:
    return make_plan(dict.fromkeys("abcdef"), area=GRID_AREAS)


@pytest.mark.parametrize(("level", "expected"), [(0, "KKK.KKK"), (1, ".STXST."), (2, "....UVW")])
def test_each_area_knows_its_ancestor_of_a_level(level: int, expected: str) -> None:
    found = ["." if i < 0 else TREE.code[i] for i in ancestors(TREE, level)]
    assert "".join(found) == expected


@pytest.mark.parametrize(
    ("root", "expected"), [("K", "KSTUVW"), ("S", "SU"), ("X", "X"), ("W", "W")]
)
def test_a_subtree_holds_the_area_and_all_below(root: str, expected: str) -> None:
    index = int(np.flatnonzero(TREE.code == root)[0])
    assert "".join(TREE.code[subtree(TREE, index)]) == expected


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        # grids abcdef, then what names an area KSTXUVW, then what lies nowhere
        ("grid", "abcdef" + "......." + "."),
        ("village", "UV.W.." + "....UVW" + "."),
        ("township", "ST" + "T.X." + ".STXST." + "."),
        ("county", "KKKK.." + "KKK.KKK" + "."),
    ],
)
def test_each_place_belongs_to_one_row_of_a_level(plan: Plan, by: str, expected: str) -> None:
    labels = plan.code if by == "grid" else TREE.code
    found = ["." if i < 0 else labels[i] for i in groups(TREE, plan, by)]
    assert "".join(found) == expected


def test_a_thing_lies_in_its_grid_else_in_the_area_it_names_else_nowhere() -> None:
    places = Places(grids=3, areas=2)
    grid = np.array([2, -1, -1, 0], dtype=np.int32)
    area = np.array([-1, 1, -1, 1], dtype=np.int32)
    assert places.of(grid, area).tolist() == [2, 4, 5, 0]
    assert (places.nowhere, places.count) == (5, 6)


@given(st.data())
def test_nothing_leaves_the_total(data: st.DataObject) -> None:
    groups_of = data.draw(st.lists(st.integers(-1, 5), min_size=1, max_size=12))
    rows = data.draw(st.lists(st.integers(0, max(0, *groups_of, 0)), unique=True).map(sorted))
    tally = np.array(data.draw(
        st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)),
                 min_size=len(groups_of), max_size=len(groups_of))))  # fmt: skip
    sums = sum_groups(tally, np.array(groups_of, np.int32), np.array(rows, dtype=np.int64))
    assert sums.sum(axis=0).tolist() == tally.sum(axis=0).tolist()
    for row, total in zip(rows, sums, strict=False):
        members = [t for t, g in zip(tally.tolist(), groups_of, strict=True) if g == row]
        assert total.tolist() == [sum(m[0] for m in members), sum(m[1] for m in members)]
