"""Degrees as they stand in lists of offices and on the screens of phones."""

from __future__ import annotations

import pytest

from gisgrid.exchange.degrees import degrees

AT = 105 + 3 / 60 + 12.5 / 3600


@pytest.mark.parametrize(
    "text",
    [
        "105°3′12.5″",
        "105°03'12.5\"",
        "105°3'12.5''",
        "105° 3′ 12.5″ E",
        "E105°3’12.5”",
        "东经105度3分12.5秒",
        "105度3分12.5秒东",
        " e 105º3′12.5″ ",
    ],
)
def test_degrees_minutes_and_seconds_are_read(text: str) -> None:
    assert degrees(text, "lon") == pytest.approx(AT, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "column", "value"),
    [
        ("105.05", "lon", 105.05),
        ("-105.05", "lon", -105.05),
        ("105.05°", "lon", 105.05),
        ("35°30.6′", "lat", 35.51),
        ("35度N", "lat", 35.0),
        ("西经77°30′", "lon", -77.5),
        ("南纬35°", "lat", -35.0),
    ],
)
def test_other_ways_to_write_them_are_read_too(text: str, column: str, value: float) -> None:
    assert degrees(text, column) == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("35°N", "lon"),
        ("东经105°", "lat"),
        ("105°60′", "lon"),
        ("105°3′60″", "lon"),
        ("105.5°3′", "lon"),
        ("105°3.5′12″", "lon"),
        ("E105°3′W", "lon"),
        ("105 3 12", "lon"),
        ("105°3′12″x", "lon"),
        ("°", "lon"),
        ("", "lon"),
    ],
)
def test_what_is_no_place_on_that_axis_is_none(text: str, column: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        degrees(text, column)
