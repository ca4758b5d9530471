"""What is known of long tests is of tests that there are."""

from __future__ import annotations

from .order import ROOT, SECONDS


def test_each_file_that_is_said_to_be_long_is_there() -> None:
    assert [name for name in SECONDS if not (ROOT / name).is_file()] == []
