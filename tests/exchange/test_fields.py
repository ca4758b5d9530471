from __future__ import annotations

import pytest

from gisgrid.errors import ColumnMissing, HeadingMissing, UnknownWord
from gisgrid.exchange.chinese import WORDS as WORDS_IN_CHINESE
from gisgrid.exchange.chinese import headings_in
from gisgrid.exchange.fields import WORDS, match, plain, require, words_of
from gisgrid.exchange.short_names import MOST, SHORT_NAMES, short_names
from gisgrid.exchange.words import KNOWN
from gisgrid.model import COVERAGE_COLUMNS, LAYERS


@pytest.mark.parametrize(
    ("layer", "headings", "fields"),
    [
        (
            "households",
            ["户号", "户主", "家庭住址", "经度", "纬度", "备注"],
            {"id": "户号", "name": "户主", "address": "家庭住址", "lon": "经度", "lat": "纬度"},
        ),
        (
            "households",
            ["Household ID", "NAME", "Longitude", "Latitude"],
            {"id": "Household ID", "name": "NAME", "lon": "Longitude", "lat": "Latitude"},
        ),
        (
            "grids",
            ["网格编号", "名称", "村"],
            {"code": "网格编号", "name": "名称", "area_code": "村"},
        ),
        (
            "areas",
            ["code12", "level", "name", "parent12"],
            {"code": "code12", "name": "name", "level": "level", "parent_code": "parent12"},
        ),
        (
            "visits",
            ["户号", "走访日期", "走访结果"],
            {"household_id": "户号", "visited_at": "走访日期", "outcome": "走访结果"},
        ),
        (
            "cases",
            ["工单号", "事件类型", "登记日期", "办结日期"],
            {
                "id": "工单号",
                "category": "事件类型",
                "opened_on": "登记日期",
                "closed_on": "办结日期",
            },
        ),
    ],
)
def test_plain_headings_are_found_by_themselves(layer, headings, fields) -> None:
    assert match(layer, headings, {}, file="a.csv").fields == fields


def test_what_became_nothing_is_told() -> None:
    found = match("visits", ["household", "date", "outcome", "weather"], {}, file="a.csv")
    assert found.ignored == ("weather",)


def test_our_own_names_come_before_near_ones() -> None:
    found = match("households", ["grid", "grid_code", "id"], {}, file="a.csv")
    assert found.fields["grid_code"] == "grid_code"


def test_what_a_person_names_wins_and_a_heading_serves_once() -> None:
    found = match("households", ["id", "osm_id"], {"id": "osm_id"}, file="a.csv")
    assert found.fields == {"id": "osm_id"}
    assert found.ignored == ("id",)


def test_an_unknown_column_of_ours_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownWord, match="“colour” is not a known column; use one of: id, name"):
        match("households", ["id"], {"colour": "id"}, file="a.csv")


def test_an_unknown_heading_of_theirs_is_refused() -> None:
    with pytest.raises(HeadingMissing, match="no heading “nom”"):
        match("households", ["id"], {"name": "nom"}, file="a.csv")


def test_a_required_column_that_lacks_is_named_with_the_cure() -> None:
    headings = ["户号", "日期"]
    with pytest.raises(ColumnMissing) as err:
        require("visits", match("visits", headings, {}, file="a.csv"), headings, file="a.csv")
    assert str(err.value) == (
        "a.csv has no column for outcome among 户号, 日期; "
        "name it with --field outcome=THEIR_HEADING."
    )


def test_the_words_name_columns_that_exist_and_stand_plain() -> None:
    for layer, words in WORDS.items():
        known = {column.name for column in LAYERS[layer].columns} | {"wkt"}
        assert set(words) <= known
        assert {column.name for column in LAYERS[layer].columns} <= set(words)
        for listed in words.values():
            assert [plain(word) for word in listed] == list(listed)


def test_every_column_has_a_short_name_that_comes_back_as_itself() -> None:
    for layer in LAYERS.values():
        names = [column.name for column in layer.columns]
        short = list(short_names(names).values())
        assert all(len(name) <= MOST and name.isascii() for name in short)
        assert len(set(short)) == len(short)
        assert match(layer.name, short, {}, file="a.shp").fields == dict(
            zip(names, short, strict=True)
        )


def test_every_heading_of_an_export_in_chinese_comes_back_as_its_column() -> None:
    for layer in LAYERS.values():
        place = {"point": ["lon", "lat"], "polygon": ["wkt"], "none": []}[layer.geometry]
        names = [*(column.name for column in layer.columns), *place]
        called = list(headings_in("zh", layer.name, [*names, *COVERAGE_COLUMNS[2:]]).values())
        assert len(set(called)) == len(called)
        assert not any(heading.isascii() for heading in called)
        found = match(layer.name, called, {}, file="a.csv")
        assert found.fields == dict(zip(names, called, strict=False))


def test_every_word_of_an_export_in_chinese_comes_back_as_itself() -> None:
    for (_, column), words in WORDS_IN_CHINESE.items():
        assert len(set(words.values())) == len(words)
        if column in KNOWN:
            read, ours = KNOWN[column]
            assert {read[plain(said)] for said in words.values()} == set(ours) == set(words)


def test_short_names_do_not_take_the_place_of_other_words() -> None:
    assert not set(SHORT_NAMES.values()) & set(words_of("households"))
