"""A position in one cell: divided, or refused as it stands."""

from __future__ import annotations

import numpy as np
import pytest

from gisgrid.columns import objects
from gisgrid.exchange.pairs import divided
from gisgrid.exchange.table import Table


def table(**columns: list[object]) -> Table:
    cells = {name: objects(list(values)) for name, values in columns.items()}
    count = len(next(iter(cells.values())))
    return Table("a.xlsx", "excel", cells, np.arange(2, count + 2))


@pytest.mark.parametrize(
    ("cell", "lon", "lat"),
    [
        ("105.05,35.70", "105.05", "35.70"),
        (" (105.05 ,35.70) ", "105.05", "35.70"),
        ("105.05，35.70", "105.05", "35.70"),
        ("105.05、35.70", "105.05", "35.70"),
        ("105.05;35.70", "105.05", "35.70"),
        ("105.05  35.70", "105.05", "35.70"),
        ("105°3′12″E, 35°42′0″N", "105°3′12″E", "35°42′0″N"),
        ("北纬35度42分,东经105度3分", "东经105度3分", "北纬35度42分"),
        ("35.70,105.05", "35.70", "105.05"),  # refused later, as of two columns
        ("105.05", "105.05", None),
        ("1,2,3", "1,2,3", None),
        ("村口", "村口", None),
        (105.05, 105.05, None),
        (None, None, None),
    ],
)
def test_a_cell_is_divided_or_stays_whole(cell: object, lon: object, lat: object) -> None:
    made = divided(table(户号=["H1", "H2"], 经纬度=[cell, "105,35"]), "households")
    assert list(made.columns) == ["户号", "lon", "lat"]
    assert (made.columns["lon"][0], made.columns["lat"][0]) == (lon, lat)
    assert [each.code for each in made.notes] == ["positions_divided"]


def test_a_column_beside_longitudes_or_in_a_layer_without_points_is_left_alone() -> None:
    beside = table(经度=["105.05"], 纬度=["35.7"], 坐标=["1,2"])
    assert divided(beside, "households") is beside
    visits = table(坐标=["105.05,35.7"])
    assert divided(visits, "visits") is visits
    words = table(坐标=["105.05,35.7", "村口", "桥头"])
    assert divided(words, "households") is words
    named = table(户号=["H1"])
    assert divided(named, "households") is named
