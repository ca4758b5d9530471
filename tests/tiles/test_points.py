from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gisgrid.tiles import drawing_order, encode_points

COORDINATE = st.integers(-256, 4352)
NUMBER = st.integers(-(2**31) + 2, 2**31 - 2)
WORD = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)


@settings(max_examples=150, deadline=None)
@given(rows=st.lists(st.tuples(COORDINATE, COORDINATE, NUMBER, st.integers(0, 4), WORD)))
def test_every_point_comes_back_with_its_place_and_attributes(decode, rows):
    columns = list(zip(*rows, strict=True)) or [()] * 5
    x, y, a, b = (np.array(c, dtype=np.int64) for c in columns[:4])
    words = np.array([*columns[4], None], dtype=object)[:-1]
    layer = decode(encode_points("places", x, y, {"a": a, "b": b}, {"word": words})).get("places")
    if not rows:
        assert layer is None
        return
    assert (layer["extent"], layer["version"]) == (4096, 2)
    found = [
        (*f["geometry"]["coordinates"], *(f["properties"][k] for k in ("a", "b", "word")))
        for f in layer["features"]
    ]
    assert found == rows


@pytest.mark.parametrize("count", [1, 127, 128, 20_000])
def test_a_layer_of_any_size_is_read_back(decode, count):
    rng = np.random.default_rng(count)
    x, y = rng.integers(-192, 4288, (2, count))
    ids = np.array([f"100200-{i:05d}" for i in range(count)], dtype=object)
    wide = rng.integers(0, 10**6, count)
    features = decode(encode_points("h", x, y, {"d": wide}, ids=ids))["h"]["features"]
    assert [f["properties"]["id"] for f in features] == ids.tolist()
    assert [f["properties"]["d"] for f in features] == wide.tolist()
    assert [f["geometry"]["coordinates"] for f in features] == np.stack([x, y], 1).tolist()


def test_points_may_have_no_attributes(decode):
    layer = decode(encode_points("h", np.array([3]), np.array([4]), {}))["h"]
    assert layer["features"][0]["geometry"]["coordinates"] == [3, 4]
    assert layer["features"][0]["properties"] == {}


def test_no_points_are_no_bytes():
    none = np.empty(0, dtype=np.int64)
    assert encode_points("h", none, none, {"s": none}) == b""


def test_a_text_longer_than_a_byte_can_say_is_kept(decode):
    words = np.array(["会" * 100, "x"], dtype=object)
    layer = decode(encode_points("h", np.zeros(2, int), np.zeros(2, int), {}, {"w": words}))["h"]
    assert [f["properties"]["w"] for f in layer["features"]] == words.tolist()


def test_what_is_worst_is_drawn_last():
    s, d = np.array([4, 1, 3, 1]), np.array([9, 5, 2, 3])
    place = np.zeros(4, dtype=np.int64)
    order = drawing_order(place, place, {"s": s, "d": d}, distinct=False)
    assert list(zip(s[order], d[order], strict=True)) == [(1, 3), (1, 5), (3, 2), (4, 9)]


def test_only_points_alike_in_everything_are_drawn_once():
    x, y, s = np.array([5, 5, 5, 6]), np.array([5, 5, 5, 5]), np.array([1, 1, 2, 1])
    order = drawing_order(x, y, {"s": s}, distinct=True)
    assert sorted(zip(x[order], s[order], strict=True)) == [(5, 1), (5, 2), (6, 1)]
    assert len(drawing_order(x, y, {"s": s}, distinct=False)) == 4


def test_the_order_holds_for_numbers_too_wide_for_one_key():
    rng = np.random.default_rng(1)
    a, b, x, y = rng.integers(0, 2**30, (4, 500))
    order = drawing_order(x, y, {"a": a, "b": b}, distinct=False)
    assert order.tolist() == np.lexsort((x, y, b, a)).tolist()
