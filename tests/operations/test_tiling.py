from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, timedelta

import mapbox_vector_tile
import numpy as np
import pytest
from shapely.geometry import shape

from gisgrid import demo, tiles
from gisgrid.access import CONSOLE, EVERYWHERE, Actor, Role, Scope
from gisgrid.errors import NotAllowed, UnknownWord
from gisgrid.frames import mercator_unit
from gisgrid.model import CaseStatus, Status
from gisgrid.operations import tiling
from gisgrid.operations.tile_store import Bodies, compress
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

BUILT = date(2026, 11, 22)
TODAY = date(2026, 11, 21)  # the calendar of a demo stands on its last day of visits
TOWNSHIP = "620422202000"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


@pytest.fixture(scope="module")
def ws(module_store_url):
    demo.build(module_store_url, township=TOWNSHIP, today=BUILT)
    with Workspace.open(Settings(store=module_store_url), lambda: NOON) as opened:
        yield opened


def at(z, lon, lat):
    x, y = mercator_unit(np.array([lon]), np.array([lat]))
    return z, int(x[0] * (1 << z)), int(y[0] * (1 << z))


def around(ws, z):
    """All tiles that the plan touches."""
    plan = ws.snapshot().plan_on(TODAY)
    from shapely import total_bounds

    west, south, east, north = total_bounds(plan.geometry)
    _, x0, y0 = at(z, west, north)
    _, x1, y1 = at(z, east, south)
    return [(z, x, y) for x in range(x0, x1 + 1) for y in range(y0, y1 + 1)]


def read(tile):
    if tile.empty:
        return {}
    return mapbox_vector_tile.decode(
        gzip.decompress(tile.body), default_options={"y_coord_down": True}
    )


def features(ws, actor, layer, z, name=None, **wishes):
    """The features of all tiles of a zoom, without those of the buffers."""
    found = []
    for address in around(ws, z):
        for f in (
            read(tiling.tile(ws, actor, layer, *address, **wishes))
            .get(name or layer, {})
            .get("features", [])
        ):
            place = f["geometry"]["coordinates"]
            if f["geometry"]["type"] != "Point" or (min(place) >= 0 and max(place) < tiles.EXTENT):
                found.append(f)
    return found


def actor(role, scope):
    return Actor("somebody", role, Scope(scope))


def listed(ws, day=TODAY):
    snapshot = ws.snapshot()
    return snapshot.state(day).listed & ~np.isnan(snapshot.households.lon)


def test_each_located_listed_household_is_a_point_with_its_status(ws):
    snapshot = ws.snapshot()
    found = {
        f["properties"]["id"]: f["properties"] for f in features(ws, CONSOLE, "households", 16)
    }
    # Just across the border there are a few in tiles that the plan does not touch.
    rows = np.flatnonzero(listed(ws) & (snapshot.placement(snapshot.plan_on(TODAY)) >= 0))
    assert set(snapshot.households.id[rows]) <= set(found)
    state = snapshot.state(TODAY)
    for row in rows[::7]:
        got = found[snapshot.households.id[row]]
        assert (got["s"], got["d"]) == (state.status[row], state.waiting[row])
    assert {f["c"] for f in found.values()} == {0, 1, 2}


def test_open_cases_are_marked_at_their_household(ws):
    snapshot = ws.snapshot()
    status, of = snapshot.case_state(TODAY).status, snapshot.cases.household
    wanted = {}
    for household, s in zip(of, status, strict=True):
        if household >= 0 and s >= CaseStatus.OPEN:
            code = snapshot.households.id[household]
            wanted[code] = max(wanted.get(code, 0), 2 if s == CaseStatus.OVERDUE else 1)
    found = features(ws, CONSOLE, "households", 16)
    for f in found:
        assert f["properties"]["c"] == wanted.get(f["properties"]["id"], 0)
    shown = set(snapshot.households.id[listed(ws)])
    marked = {f["properties"]["id"] for f in found if f["properties"]["c"]}
    assert marked == set(wanted) & shown
    assert len(marked) > 20


def test_points_have_ids_only_where_one_can_click(ws):
    assert all("id" not in f["properties"] for f in features(ws, CONSOLE, "households", 14))
    assert all(f["properties"]["id"] for f in features(ws, CONSOLE, "cases", 16))


def test_what_lies_in_the_buffer_is_in_both_tiles(ws):
    snapshot = ws.snapshot()
    rows = np.flatnonzero(listed(ws))
    x, _ = mercator_unit(snapshot.households.lon[rows], snapshot.households.lat[rows])
    side = 1 << 16
    close = rows[np.abs(x * side % 1 - 0.02) < 0.01][:1]
    assert len(close) == 1
    code = snapshot.households.id[close[0]]
    z, tx, ty = at(16, snapshot.households.lon[close[0]], snapshot.households.lat[close[0]])
    for column in (tx, tx - 1):
        layer = read(tiling.tile(ws, CONSOLE, "households", z, column, ty))["households"]
        assert code in {f["properties"]["id"] for f in layer["features"]}


@pytest.mark.parametrize("z", [9, 12])
def test_bins_add_up_to_the_households_their_gaps_and_cases(ws, z):
    snapshot, state = ws.snapshot(), ws.snapshot().state(TODAY)
    found = [f["properties"] for f in features(ws, CONSOLE, "households", z, "bins")]
    inside = listed(ws)
    assert sum(p["n"] for p in found) == pytest.approx(inside.sum(), abs=5)
    gaps = inside & (state.status >= Status.OVERDUE)
    assert sum(p["g"] for p in found) == pytest.approx(gaps.sum(), abs=5)
    case = snapshot.case_state(TODAY).status >= CaseStatus.OPEN
    of = snapshot.cases.household
    opened = case & (of >= 0) & inside[of]
    assert sum(p["c"] for p in found) == pytest.approx(opened.sum(), abs=2)


def test_cases_are_open_ones_at_their_place(ws):
    snapshot = ws.snapshot()
    state = snapshot.case_state(TODAY)
    found = {f["properties"]["id"]: f["properties"] for f in features(ws, CONSOLE, "cases", 16)}
    opened = (state.status >= CaseStatus.OPEN) & ~np.isnan(snapshot.cases.lon)
    assert set(found) == set(snapshot.cases.id[opened])
    for row in np.flatnonzero(opened):
        got = found[snapshot.cases.id[row]]
        assert got["s"] == state.status[row]
        assert got["a"] == state.age[row]
        assert got["k"] == snapshot.cases.category[row]


def test_filters_narrow_the_cases(ws):
    snapshot = ws.snapshot()
    whole = {f["properties"]["id"]: f["properties"] for f in features(ws, CONSOLE, "cases", 16)}

    def ids(**wishes):
        return {f["properties"]["id"] for f in features(ws, CONSOLE, "cases", 16, **wishes)}

    water = list(snapshot.cases.categories).index("供水")
    assert ids(category="供水") == {i for i, p in whole.items() if p["k"] == water} != set()
    assert ids(status="overdue") == {i for i, p in whole.items() if p["s"] == 3} != set()
    assert ids(status="open") == set(whole)
    assert ids(min_age=20) == {i for i, p in whole.items() if p["a"] >= 20} != set()
    assert ids(category="供水", min_age=20) == ids(category="供水") & ids(min_age=20)


def test_another_day_shows_the_state_of_that_day(ws):
    before = TODAY - timedelta(days=30)
    snapshot = ws.snapshot()
    status = snapshot.state(before).status
    found = features(ws, CONSOLE, "households", 16, as_of=before)
    assert len(found) > 1_000
    rank = {code: i for i, code in enumerate(snapshot.households.id)}
    assert all(f["properties"]["s"] == status[rank[f["properties"]["id"]]] for f in found)
    assert len(found) < len(features(ws, CONSOLE, "households", 16)) + 200


@pytest.mark.parametrize(("layer", "z"), [("townships", 10), ("villages", 11), ("grids", 13)])
def test_polygons_carry_the_codes_of_their_level(ws, layer, z):
    snapshot = ws.snapshot()
    found = {f["properties"]["code"] for f in features(ws, CONSOLE, layer, z)}
    if layer == "grids":
        assert found == set(snapshot.plan_on(TODAY).code)
    else:
        level = {"townships": 1, "villages": 2}[layer]
        assert found == set(snapshot.areas.code[snapshot.areas.level == level])


def test_outlines_show_more_the_closer_one_looks(ws):
    def levels(z):
        lines = features(ws, CONSOLE, "outlines", z, "lines")
        names = features(ws, CONSOLE, "outlines", z, "names")
        return {f["properties"]["level"] for f in lines}, {f["properties"]["level"] for f in names}

    # The store holds one township: its outline is the edge of the plan.
    assert levels(8) == ({0}, {1})
    assert levels(9) == ({0, 2}, {1, 2})
    assert levels(11) == ({0, 2}, {1, 2})
    assert levels(12) == ({0, 2, 3}, {1, 2})
    assert levels(13) == ({0, 2, 3}, {1, 2, 3})


def test_each_name_is_written_once_and_within_its_area(ws):
    snapshot = ws.snapshot()
    names = features(ws, CONSOLE, "outlines", 14, "names")
    codes = [f["properties"]["code"] for f in names]
    areas = snapshot.areas.code[snapshot.areas.level > 0]
    assert sorted(codes) == sorted([*areas, *snapshot.plan_on(TODAY).code])
    assert {"新添堡回族乡"} <= {f["properties"]["name"] for f in names}


def test_a_member_sees_the_own_grid_alone(ws):
    plan = ws.snapshot().plan_on(TODAY)
    member = actor(Role.MEMBER, plan.code[3])
    assert {f["properties"]["code"] for f in features(ws, member, "grids", 13)} == {plan.code[3]}
    names = features(ws, member, "outlines", 14, "names")
    assert {f["properties"]["code"] for f in names} == {plan.code[3]}
    for layer, z in (("townships", 10), ("villages", 11)):
        assert features(ws, member, layer, z) == []
    own = ws.snapshot().placement(plan) == 3
    shown = {f["properties"]["id"] for f in features(ws, member, "households", 16)}
    assert shown == set(ws.snapshot().households.id[own & listed(ws)])
    bins = features(ws, member, "households", 12, "bins")
    assert sum(f["properties"]["n"] for f in bins) == len(shown)
    cases = {f["properties"]["id"] for f in features(ws, member, "cases", 16)}
    placed = ws.snapshot().case_placement(plan) == 3
    assert cases <= set(ws.snapshot().cases.id[placed])


def test_a_scope_sees_no_line_that_does_not_border_it(ws):
    plan = ws.snapshot().plan_on(TODAY)
    member = actor(Role.MEMBER, plan.code[3])
    seen = 0
    for address in around(ws, 13):
        own = read(tiling.tile(ws, member, "grids", *address)).get("grids")
        lines = read(tiling.tile(ws, member, "outlines", *address)).get("lines")
        if lines:
            rim = shape(own["features"][0]["geometry"]).buffer(12)
            assert all(rim.covers(shape(f["geometry"])) for f in lines["features"])
            seen += len(lines["features"])
    assert seen > 0


def test_a_scope_that_names_nothing_sees_nothing(ws):
    nobody = actor(Role.SUPERVISOR, "990000000000")
    for layer in ("outlines", "grids", "households", "cases"):
        assert features(ws, nobody, layer, 14) == []


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.PLANNER, {"outlines", "grids", "households", "cases"}),
        (Role.MEMBER, {"outlines", "grids", "households", "cases"}),
        (Role.ADMIN, set()),
    ],
)
def test_tiles_are_given_by_right(ws, role, allowed):
    for layer in ("outlines", "grids", "households", "cases"):
        if layer in allowed:
            tiling.tile(ws, actor(role, "*"), layer, *around(ws, 12)[0])
        else:
            with pytest.raises(NotAllowed):
                tiling.tile(ws, actor(role, "*"), layer, *around(ws, 12)[0])


@pytest.mark.parametrize(
    ("layer", "wishes"),
    [
        ("roads", {}),
        ("households", {"category": "供水"}),
        ("outlines", {"status": "open"}),
        ("cases", {"status": "closed"}),
        ("cases", {"category": "nonsense"}),
    ],
)
def test_what_is_not_known_is_refused(ws, layer, wishes):
    with pytest.raises(UnknownWord):
        tiling.tile(ws, CONSOLE, layer, 10, 0, 0, **wishes)


def test_a_tile_far_away_is_empty(ws):
    for layer in ("outlines", "grids", "households", "cases"):
        far = tiling.tile(ws, CONSOLE, layer, 14, 0, 0)
        assert far.empty
        assert far.etag


def test_etags_tell_tiles_days_filters_and_scopes_apart(ws):
    plan = ws.snapshot().plan_on(TODAY)
    place = around(ws, 13)[5]
    asked = [
        (CONSOLE, "households", {}),
        (CONSOLE, "households", {"as_of": TODAY - timedelta(days=1)}),
        (CONSOLE, "cases", {}),
        (CONSOLE, "cases", {"status": "overdue"}),
        (actor(Role.MEMBER, plan.code[3]), "households", {}),
    ]
    tags = [tiling.tile(ws, who, layer, *place, **wishes).etag for who, layer, wishes in asked]
    assert len(set(tags)) == len(tags)
    again = [tiling.tile(ws, who, layer, *place, **wishes).etag for who, layer, wishes in asked]
    assert again == tags
    # Areas do not change from day to day.
    one, other = (
        tiling.tile(ws, CONSOLE, "outlines", *place, as_of=day) for day in (None, date(2026, 9, 1))
    )
    assert one.etag == other.etag


def test_a_change_makes_new_tiles_of_what_it_concerns(store_url):
    demo.build(store_url, township="620422225", today=BUILT)
    noon = datetime(2026, 11, 22, 4, tzinfo=UTC)
    with Workspace.open(Settings(store=store_url), lambda: noon) as ws:
        place = at(16, ws.snapshot().households.lon[0], ws.snapshot().households.lat[0])
        before = {
            layer: tiling.tile(ws, CONSOLE, layer, *place) for layer in ("outlines", "households")
        }
        homes = ws.store.households(scope=EVERYWHERE, ids=[ws.snapshot().households.id[0]])
        homes["unlisted_on"] = [TODAY]
        with ws.store.write() as writer:
            writer.put_households(homes.drop(columns=["placed_in"]))
        assert tiling.tile(ws, CONSOLE, "outlines", *place).etag == before["outlines"].etag
        after = tiling.tile(ws, CONSOLE, "households", *place)
        assert after.etag != before["households"].etag
        gone = {f["properties"]["id"] for f in read(before["households"])["households"]["features"]}
        left = read(after).get("households", {}).get("features", [])
        kept = {f["properties"]["id"] for f in left}
        assert homes["id"].iloc[0] in gone - kept


def test_the_cache_keeps_the_tiles_asked_for_last():
    made = []
    rng = np.random.default_rng(1)

    def make(i):
        made.append(i)
        return rng.bytes(1000)

    bodies = Bodies(most=9_000)
    for i in (1, 2, 3, 4, 1, 5, 1, 2):
        bodies.get(i, lambda i=i: make(i))
    assert made == [1, 2, 3, 4, 5, 2]
    assert 8_000 < bodies.size <= 9_000


def test_empty_tiles_do_not_fill_the_memory():
    bodies = Bodies(most=10_000)
    for i in range(100):
        bodies.get(i, lambda: b"")
    assert len(bodies._kept) < 10


def test_a_tile_is_gzip_without_a_time_in_it():
    assert gzip.decompress(compress(b"abc" * 100)) == b"abc" * 100
    assert compress(b"abc") == compress(b"abc")
    assert compress(b"abc")[4:8] == b"\0\0\0\0"
    assert compress(b"") == b""


def test_warming_makes_no_difference_but_time(ws):
    place = around(ws, 9)[0]
    before = tiling.tile(ws, CONSOLE, "outlines", *place)
    tiling.warm(ws, [9])
    assert tiling.tile(ws, CONSOLE, "outlines", *place) == before


def test_a_start_from_kept_columns_draws_the_first_map_without_simplifying(
    module_store_url, tmp_path, monkeypatch
):
    settings = Settings(store=module_store_url, columns_folder=str(tmp_path))
    with Workspace.open(settings, lambda: NOON) as ws:
        ws.forget_columns()
        tiling.warm(ws, [8, 9])
        drawn = [tiling.tile(ws, CONSOLE, "outlines", *place) for place in around(ws, 9)]
        assert any(tile.body for tile in drawn)
        assert ws.keep_columns()
    with Workspace.open(settings, lambda: NOON) as ws:
        monkeypatch.setattr(tiles, "simplify", None)
        again = [tiling.tile(ws, CONSOLE, "outlines", *place) for place in around(ws, 9)]
        ws.forget_columns()
    assert again == drawn


def test_before_one_can_click_a_household_carries_only_the_shade_of_its_wait(ws):
    exact = features(ws, CONSOLE, "households", 16)
    shades = {f["properties"]["d"] for f in features(ws, CONSOLE, "households", 14)}
    assert shades == {0, 14, 28, 29}
    assert len({f["properties"]["d"] for f in exact}) > 20
    late = [f["properties"]["d"] for f in exact if f["properties"]["s"] == 3]
    assert max(late) > 28 > min(late)
