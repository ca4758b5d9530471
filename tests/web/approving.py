"""Drafts that one person drew and another approved, and the edits that they mostly hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Pens = Callable[..., Any]

MIDDLE = {"type": "LineString", "coordinates": [[105.0055, 34.9], [105.0055, 35.1]]}
SPLIT = {"op": "split", "code": "G1", "line": MIDDLE, "new_codes": ["G1-2"]}
MERGE = {"op": "merge", "codes": ["G2", "G3"], "into": "G2"}


def approved(pen: Pens, *edits: dict[str, Any], name: str = "Ann", **new: Any) -> Any:
    """A draft with these edits, approved by Chen, in the hands of who drew it."""
    mine = pen(name=name, **new)
    for wish in edits:
        mine.edit(**wish)
    mine.post("submit")
    pen("supervisor", name="Chen", draft=mine.id).post("approve")
    mine.get()
    return mine


def published(pen: Pens, *edits: dict[str, Any], **body: Any) -> Any:
    """The same, published; body: of the publishing."""
    mine = approved(pen, *edits)
    mine.post("publish", body, expect=201)
    return mine
