"""What was told of an edit when it was made, kept with it for who looks at the draft later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gisgrid.redraw import Note, note_to_json

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUGHLY = frozenset({"households_out"})
_DECIMALS = 3
"""Of a degree, about a hundred metres: where a household lies is kept with the household alone."""


def kept(notes: Sequence[Note]) -> str | None:
    """Notes as the store keeps them, in no language; None for none."""
    if not notes:
        return None
    return json.dumps([_row(note) for note in notes], ensure_ascii=False, allow_nan=False)


def _row(note: Note) -> dict[str, Any]:
    place = note.place
    if place is not None and note.what in _ROUGHLY:
        place = (round(place[0], _DECIMALS), round(place[1], _DECIMALS))
    return {
        "what": note.what,
        "codes": note.codes,
        "place": place,
        "size": note.size,
        "unit": note.unit,
        "area": note.area,
    }


def read(text: str | None) -> list[Note]:
    """The notes that were kept."""
    return [
        Note(
            **{
                **row,
                "codes": tuple(row["codes"]),
                "place": None if row["place"] is None else tuple(row["place"]),
            }
        )
        for row in json.loads(text or "[]")
    ]


def told(text: str | None) -> list[dict[str, Any]]:
    """The notes that were kept, as answers carry them, in the reader's language."""
    return [note_to_json(note) for note in read(text)]
