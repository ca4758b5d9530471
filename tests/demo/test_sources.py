from __future__ import annotations

import hashlib

import pytest
import shapely

from gisgrid.demo import sources
from gisgrid.errors import UnknownArea
from gisgrid.resources import folder


def test_the_county_has_its_published_townships_villages_and_households(county):
    assert len(county.townships) == 28
    assert sum(len(t.villages) for t in county.townships) == 322
    assert sum(t.households for t in county.townships) == 141_945
    assert county.name == "会宁县"
    assert shapely.is_valid(county.outline)


def test_codes_are_nested(county):
    for township in county.townships:
        assert township.code.startswith("620422")
        assert all(v.code.startswith(township.code[:9]) for v in township.villages)


def test_a_village_is_called_without_its_committee(county):
    names = {v.name for t in county.townships for v in t.villages}
    assert {"红堡子村", "文昌社区"} <= names
    assert not any("委员会" in name for name in names)


@pytest.mark.parametrize("wanted", [5_000, 141_945, 1_000_000])
def test_another_number_of_households_keeps_the_townships_proportions(county, wanted):
    scaled = sources.scaled(county, wanted)
    counts = [t.households for t in scaled.townships]
    assert sum(counts) == wanted
    for ours, published in zip(counts, county.townships, strict=True):
        assert abs(ours - published.households * wanted / 141_945) < 1
    assert [t.code for t in scaled.townships] == [t.code for t in county.townships]


@pytest.mark.parametrize("code", ["620422202", "620422202000"])
def test_a_township_is_found_by_nine_or_twelve_digits(county, code):
    assert county.township(code).name == "新添堡回族乡"


def test_another_code_is_refused(county):
    with pytest.raises(UnknownArea):
        county.township("620422999")


def test_seats_are_rounded_to_a_twentieth_of_a_degree(county):
    seats = [t.seat for t in county.townships if t.seat]
    assert len(seats) == 19
    for value in (number for seat in seats for number in seat):
        assert abs(value * 20 - round(value * 20)) < 1e-9


def test_the_shipped_files_are_those_of_the_checksums():
    for line in (folder("layers") / "SHA256SUMS").read_text().splitlines():
        wanted, name = line.split()
        assert hashlib.sha256((folder("layers") / name).read_bytes()).hexdigest() == wanted
