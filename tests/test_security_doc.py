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
