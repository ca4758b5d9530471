"""docs/security.md names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[1]
TEXT = (REPO / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", TEXT)))


@pytest.mark.parametrize("name", NAMED)
def test_every_test_that_is_named_exists(name: str) -> None:
    path, _, function = name.partition("::")
    assert (REPO / path).is_file()
    assert not function or f"\ndef {function}(" in (REPO / path).read_text("utf-8")


def test_every_line_has_a_requirement_and_something_that_holds_it() -> None:
    lines = re.findall(r"^\| ([\d.].*?) \| (.*?) \| (.*) \|$", TEXT, re.MULTILINE)
    assert len(lines) > 80
    assert all(what and held for _, what, held in lines)
    assert len(NAMED) > 60


LEVELS_1_AND_2 = """
1.1.1-2 1.2.1-9 1.3.1-11 1.4.1-3 1.5.1-2 2.1.1-3 2.2.1-3 2.3.1-4 2.4.1 3.2.1-2 3.3.1-4 3.4.1-6
3.5.1-5 3.7.1-2 4.1.1-3 4.2.1 4.3.1-2 4.4.1-4 5.1.1 5.2.1-3 5.3.1-2 5.4.1-3 6.1.1-3 6.2.1-12
6.3.1-4 6.4.1-4 6.5.1-5 6.6.1-3 6.8.1-4 7.1.1-3 7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2 7.6.1-2 8.1.1-2
8.2.1-3 8.3.1 8.4.1 11.1.1-2 11.2.1-3 11.3.1-3 11.4.1-4 11.5.1 11.6.1 12.1.1-3 12.2.1-2 12.3.1-4
13.1.1 13.2.1-5 13.3.1-2 13.4.1-5 14.1.1-2 14.2.1-4 14.3.1-3 15.1.1-3 15.2.1-3 15.3.1-7 16.1.1
16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3
"""
"""Numbers of the standard's requirements of levels 1 and 2, chapters 9, 10 and 17 left out."""


def numbers(text: str) -> set[str]:
    """1.2.1-3 and 1.2.1–1.2.3 -> 1.2.1, 1.2.2, 1.2.3."""
    found = set()
    pattern = r"\b(\d+\.\d+)\.(\d+)(?:[-–](?:\d+\.\d+\.)?(\d+))?"
    for section, first, last in re.findall(pattern, text):
        found |= {f"{section}.{n}" for n in range(int(first), int(last or first) + 1)}
    return found


def test_every_requirement_of_the_two_levels_has_a_line_or_is_left_out_by_number() -> None:
    asked = numbers(LEVELS_1_AND_2)
    assert len(asked) == 210
    left_out = TEXT[TEXT.index("Left out as a whole") : TEXT.index("**Open** marks")]
    lines = re.findall(r"^\| ([\d.][^|]*) \|", TEXT, re.MULTILINE)
    held = numbers("; ".join(lines))
    assert asked - held - numbers(left_out) == set()
    assert not held & numbers(left_out)
