"""What a proof of the plans can find, in JSON types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.operations.plans.homeless import Homeless
    from gisgrid.redraw import Bare, Fault
    from gisgrid.store.proving import Kept, Unreadable

GAP = "gap"
HOUSEHOLDS = "households"
NAMED_MOST = 20
"""Codes that a finding names; its size is of all."""

SENTENCES: dict[str, str] = {
    "footprint": "The plan fills other ground than the one before, and no edit changed that.",
    "certificate": "The certificate is not what was written when the plan was published.",
    "certificate_missing": "The plan was drawn here, and its certificate is gone.",
    "certificate_differs": "The certificate says otherwise than the list of plans.",
    "published_draft": "The draft and the list of plans disagree about what was published.",
    "days_order": "The plan starts before the one that it follows.",
    "history": "The days and plans that are kept with a grid are not those of the plans.",
    "plan_hash": "The plan is not the one that its certificate speaks of.",
    "no_successor": "The grid ended, and nothing says what became of it.",
    "lineage_unknown": "The lineage names a grid that its plan does not have.",
    "lineage": "The lineage is not what was written when the plan was published.",
    "shown": "The layer of grids does not show the plan in force.",
    "misplaced": "Households are kept in another grid than the one that holds them.",
    "misplaced_cases": "Cases are kept in another grid than the one that holds them.",
    "two_grids": "Households lie in more than one grid.",
    "unassigned": "Households in a gap of the plan lie in no grid.",
    "outside": "Households lie outside the plan; they count beside it, in no grid.",
    "holes": "Grids surround ground that none of them holds: a lake or land of others is no fault.",
    "broken_draft": "The draft names edits that are not there.",
    "unreadable": "The shape that is kept here cannot be read; what it belongs to is not proved.",
    "unreadable_draft": "A step of the draft cannot be read.",
}
"""What can be wrong beside the geometry -> what it means."""


def finding(revision: int, fault: Fault) -> dict[str, Any]:
    """A fault of a plan's geometry."""
    return {
        "revision": revision,
        "what": fault.what,
        "sentence": fault.sentence,
        "codes": list(fault.codes),
        "place": None if fault.place is None else list(fault.place),
        "size": fault.size,
        "unit": fault.unit,
    }


def told(
    revision: int, what: str, codes: Iterable[Any] = (), size: int | None = None
) -> dict[str, Any]:
    """A finding of SENTENCES."""
    return {
        "revision": revision,
        "what": what,
        "sentence": SENTENCES[what],
        "codes": [str(code) for code in codes],
        "place": None,
        "size": size,
        "unit": "",
    }


def placed(revision: int, what: str, homes: Homeless) -> list[dict[str, Any]]:
    """A finding of households by id and place; none for no household."""
    if not homes.count:
        return []
    first = homes.households
    made = told(revision, what, [one["id"] for one in first[:NAMED_MOST]], homes.count)
    return [{**made, "place": first[0]["place"], "unit": HOUSEHOLDS, "households": first}]


def holes(revision: int, found: list[Bare]) -> list[dict[str, Any]]:
    """Ground that grids surround, in one: how many, and each with place, area and grids around."""
    if not found:
        return []
    each = [
        {
            "place": None if hole.fault.place is None else list(hole.fault.place),
            "codes": list(hole.fault.codes),
            "size": hole.fault.size,
            "unit": hole.fault.unit,
        }
        for hole in found
    ]
    codes = sorted({code for hole in found for code in hole.fault.codes})
    made = told(revision, "holes", codes[:NAMED_MOST], len(found))
    return [{**made, "place": each[0]["place"], "unit": "holes", "holes": each}]


def unread(rows: Iterable[Unreadable], history: Iterable[Kept]) -> list[dict[str, Any]]:
    """Geometries that cannot be read, each with its layer and the plan that it began with."""
    began = {kept.fid: kept.revision for kept in history}
    return [
        told(
            began[row.fid] if row.layer == "grids_history" else max(began.values(), default=0),
            "unreadable",
            [f"{row.layer} {row.key}"],
        )
        for row in rows
    ]
