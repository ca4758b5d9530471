from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import MultiPoint, Point, box

from gisgrid.columns import objects
from gisgrid.errors import ColumnMissing, CrsMismatch, CrsUnknown, UnknownWord
from gisgrid.exchange.crs import file_crs, named_crs, to_degrees
from gisgrid.exchange.datum import gcj02_from_wgs84
from gisgrid.exchange.fields import match
from gisgrid.exchange.positions import read_positions
from gisgrid.exchange.reasons import Faults
from gisgrid.exchange.table import Table


def table_of(*pairs, headings=("lon", "lat"), geometry=None, kind="csv", crs=None) -> Table:
    columns = {
        heading: objects([pair[at] for pair in pairs]) for at, heading in enumerate(headings)
    }
    rows = np.arange(2, 2 + len(pairs or geometry))
    shapes = None if geometry is None else objects(geometry)
    return Table("a.csv", kind, columns if pairs else {}, rows, geometry=shapes, crs=crs)


def place(table: Table, *, crs=None, datum="wgs84"):
    faults = Faults()
    found = match("households", list(table.columns), {}, file="a.csv")
    positions = read_positions(table, found, crs=crs, datum=datum, faults=faults)
    return positions, {refusal.row: refusal for refusal in faults.refusals(table.rows)}


def test_degrees_stay_on_a_lattice_of_a_centimetre() -> None:
    positions, refused = place(table_of(("105.053358123", 35.692823456)))
    assert (positions.lon[0], positions.lat[0]) == (105.0533581, 35.6928235)
    assert not refused


@pytest.mark.parametrize(("heading", "missing"), [("经度", "lat"), ("latitude", "lon")])
def test_one_half_of_the_positions_alone_is_asked_about(heading, missing) -> None:
    with pytest.raises(ColumnMissing, match=f"no column for {missing}"):
        place(table_of(("105.05",), headings=(heading,)))
    positions, _ = place(table_of(("105.05",), headings=("x",)))  # an x may be anything
    assert not positions.given


@pytest.mark.parametrize("empty", [None, "", "NULL", "n/a", "-", "无"])
def test_an_empty_position_is_unlocated(empty) -> None:
    positions, refused = place(table_of((empty, empty)))
    assert np.isnan(positions.lon[0])
    assert not refused


def test_wrong_positions_are_refused_each_with_its_sentence() -> None:
    pairs = [(0, 0), (35.7, 105.1), (105.1, None), ("105 03", 35.7), (500000, 3950000), ("inf", 1)]
    _, refused = place(table_of(*pairs))
    assert {row: refusal.code for row, refusal in refused.items()} == {
        2: "zero_position",
        3: "swapped_position",
        4: "half_position",
        5: "bad_position",
        6: "position_out_of_range",
        7: "bad_position",
    }
    assert refused[2].reason == "The position is (0, 0), a place in the sea off Africa."
    assert refused[3].reason == "The position 35.7, 105.1 has latitude where longitude should be."
    assert "--crs" in refused[6].cure


def test_stacks_on_a_whole_degree_stand_for_not_known() -> None:
    pairs = [("-77", "39")] * 3 + [("-76", "39"), ("-76.61", "39.29")]
    positions, refused = place(table_of(*pairs))
    assert np.isnan(positions.lon).tolist() == [True] * 4 + [False]
    assert [(x, y, len(rows)) for x, y, rows in positions.sentinels] == [(-77, 39, 3), (-76, 39, 1)]
    assert not refused


def test_a_few_rows_on_whole_degrees_may_truly_lie_there() -> None:
    positions, _ = place(table_of((-77, 39), (-77, 39), (-76, 38)))
    assert not np.isnan(positions.lon).any()


def test_zero_is_refused_even_in_a_stack() -> None:
    _, refused = place(table_of(*[(0, 0)] * 5))
    assert {refusal.code for refusal in refused.values()} == {"zero_position"}


def test_metres_under_x_and_y_need_a_crs() -> None:
    table = table_of((500000, 3950000), headings=("x", "y"))
    with pytest.raises(CrsUnknown, match=r"name it with --crs, e\.g\. EPSG:4490"):
        place(table)
    positions, _ = place(table, crs="EPSG:4544")
    assert positions.lon[0] == pytest.approx(105.0, abs=1e-6)
    assert positions.lat[0] == pytest.approx(35.68, abs=0.01)
    assert positions.crs == "EPSG:4544 CGCS2000 / 3-degree Gauss-Kruger CM 105E"


def test_points_of_a_file_without_crs_are_never_guessed() -> None:
    with pytest.raises(CrsUnknown):
        place(table_of(geometry=[Point(105, 35.5)], kind="shp"))


def test_a_multipoint_of_one_is_a_point_and_a_polygon_is_refused() -> None:
    shapes = [MultiPoint([(105.5, 35.5)]), box(0, 0, 1, 1), None]
    positions, refused = place(table_of(geometry=shapes, kind="geojson"))
    assert positions.lon[0] == 105.5
    assert refused[3].reason == "The shape is a Polygon, not a Point."
    assert np.isnan(positions.lon[2])


def test_cgcs2000_is_taken_as_it_is() -> None:
    lon, lat = np.array([105.1234567]), np.array([35.7654321])
    assert to_degrees(lon, lat, named_crs("CGCS2000"), "wgs84")[0][0] == 105.1234567


def test_a_shift_is_taken_off_only_when_it_is_said() -> None:
    x, y = gcj02_from_wgs84(np.array([105.05]), np.array([35.69]))
    table = table_of((x[0], y[0]))
    assert place(table)[0].lon[0] != 105.05
    positions, _ = place(table_of((x[0], y[0])), datum="gcj02")
    assert (positions.lon[0], positions.lat[0]) == (105.05, 35.69)
    with pytest.raises(UnknownWord):
        place(table_of((500000, 3950000)), crs="EPSG:4544", datum="gcj02")


@pytest.mark.parametrize(
    "said", ["+proj=longlat +nadgrids=/etc/passwd", "http://127.0.0.1:9/x", "x"]
)
def test_what_a_file_says_of_its_crs_is_never_run(said: str) -> None:
    with pytest.raises(CrsUnknown):
        file_crs(said, file="a.shp")


@pytest.mark.parametrize("name", ["EPSG:1", "+proj=merc", "mercator", ""])
def test_a_crs_that_there_is_not_is_refused(name: str) -> None:
    with pytest.raises(UnknownWord):
        named_crs(name)


@pytest.mark.parametrize("crs", ["EPSG:4547", "EPSG:32648"])
def test_degrees_called_metres_are_refused(crs: str) -> None:
    with pytest.raises(CrsMismatch) as err:
        place(table_of((105.05, 35.69), (105.06, 35.7)), crs=crs)
    assert err.value.facts["crs"].startswith(crs)


def test_metres_near_the_origin_of_a_zone_are_metres_when_any_is_not_near() -> None:
    lon, _ = to_degrees(
        np.array([10.0, 500_000.0]), np.array([5.0, 10.0]), named_crs("32648"), "wgs84"
    )
    assert lon[1] == pytest.approx(105.0)


def test_a_system_that_is_neither_degrees_nor_a_map_is_refused() -> None:
    with pytest.raises(UnknownWord) as err:
        place(table_of((105.15, 35.604)), crs="EPSG:4978")
    assert "4978" in err.value.facts["value"]
