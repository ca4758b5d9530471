"""Texts of a layer, written without a loop, beside the same written one by one."""

from __future__ import annotations

import pytest

from gisgrid.columns import objects
from gisgrid.tiles import wire

ALIKE = [f"620422-{n:06}" for n in range(300)]


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [""],
        ["", ""],
        ["a"],
        ALIKE,
        [*ALIKE, "x"],
        ["会宁县", "郭城驿", "a", ""],
        ["会宁县", "郭城驿镇", "éé"],
        ["a\0b", "ab", "c"],
        ["\0", "\0"],
        ["k" * 125, "m" * 125],
        ["k" * 126, "m"],
        ["会" * 42, "m"],
    ],
)
def test_texts_are_what_they_are_one_by_one(texts: list[str]) -> None:
    each = (wire.sized(wire.VALUE_TEXT, text.encode()) for text in texts)
    assert wire.text_values(objects(texts)) == b"".join(
        wire.sized(wire.LAYER_VALUE, e) for e in each
    )
