"""A plan that was published is changed by nobody, not in a GIS that has the store open either."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from gisgrid.store import Store, guards

CHANGES = [
    "UPDATE grids_history SET geom = geom",
    "UPDATE grids_history SET member = 'Eve'",
    "UPDATE grids_history SET valid_from = '2020-01-01'",
    "DELETE FROM grids_history",
    "UPDATE revisions SET valid_from = '2020-01-01'",
    "UPDATE revisions SET note = 'Eve'",
    "DELETE FROM revisions WHERE revision = 2",
    "UPDATE certificates SET document = '{}'",
    "DELETE FROM certificates",
    "UPDATE lineage SET came_from = 'x'",
    "DELETE FROM lineage",
]


@pytest.fixture(scope="module")
def published(module_store_url: str) -> Any:
    """A store with two plans, the second with certificate and lineage."""
    with Store.create(module_store_url) as store:
        for shapes in ({"G1": box(0, 0, 2, 1)}, {"G1": box(0, 0, 1, 1), "G2": box(1, 0, 2, 1)}):
            plan = {"code": [*shapes], "area_code": [None] * len(shapes)}
            with store.write() as w:
                w.put_grids(gpd.GeoDataFrame(plan, geometry=[*shapes.values()], crs="EPSG:4326"))
        with store.write() as w:
            w.add_certificate(2, 1, "{}", "hash")
            w.add_lineage(2, [("G2", "G1")])
        yield store


@pytest.mark.parametrize("change", CHANGES)
def test_a_published_plan_stays_as_it_was(published: Store, change: str) -> None:
    with (
        pytest.raises(DBAPIError, match="a published plan stays as it was"),
        published._dialect.owning() as connection,
    ):
        connection.execute(text(change))


def test_all_guards_stand_in_a_new_store(published: Store) -> None:
    with published.reading() as connection:
        assert [guards.missing(connection, guard) for guard in guards.ALL] == [[], []]
