"""Faults of an edit or a plan in JSON types, and the refusals that carry them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gisgrid.errors import EditRefused
from gisgrid.redraw import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gisgrid.redraw import Grid, Plan

SENTENCES: dict[str, str] = {
    "unknown_grid": "There is no such grid that you may change in this draft.",
    "outside_draft": "The edit would change grids outside the area of this draft.",
    "reverse": "Later plans changed the same grids.",
    "both_changed": "The plan that was published meanwhile changed this grid too.",
    "repair": "The repair no longer fits this plan.",
    "unknown_area": "There is no such area that you may give to a grid; look at its code.",
    "area_above": "This area has parts of its own; a grid belongs to one of those.",
    "no_area": "A grid belongs to an area; without one it would count in no sum.",
    "of_lost_step": "A step before, which drew this grid, does not hold any more.",
    "other_grid": "This code belongs to another grid by now.",
    "other_ground": "The step would change grids here that it did not change when it was made.",
    "other_parts": "The step would make other grids here than it did.",
    "cases_unserved": "Open cases would have no member here; give the grid one, or allow it.",
    "redrawn": "These grids were redrawn here too.",
    "draft_border": "The outer border of the draft's grids would change here; it stays.",
}
"""Faults that only a draft has -> what they mean; those of the geometry are gisgrid.redraw's."""


def fault_json(fault: Fault) -> dict[str, Any]:
    """As answers carry it. place: [lon, lat] or None; size in `unit`, None where there is none."""
    return {
        "what": fault.what,
        "sentence": SENTENCES.get(fault.what) or fault.sentence,
        "codes": list(fault.codes),
        "place": None if fault.place is None else list(fault.place),
        "size": fault.size,
        "unit": fault.unit,
    }


def refusal(faults: Iterable[Fault]) -> None:
    """Raise EditRefused where there is a fault."""
    told = [fault_json(fault) for fault in faults]
    if told:
        raise EditRefused(problem=told[0]["sentence"], faults=told)


def veiled(
    faults: Iterable[Fault],
    plan: Plan,
    sees: Callable[[Grid], bool],
    arguments: Mapping[str, Any] | None = None,
) -> list[Fault]:
    """Faults without the codes and the places of grids of `plan` that are not seen.

    arguments: of the edit whose faults they are. A code that it names itself stays, and so does a
    place at no grid, which is one of the edit. Without them such a place may lie anywhere.
    """
    named = named_in(arguments or {})
    told = []
    for fault in faults:
        seen = {code for code in fault.codes if code not in plan or sees(plan[code])}
        keeps = bool(seen) or (not fault.codes and arguments is not None)
        codes = tuple(code for code in fault.codes if code in seen or code in named)
        told.append(replace(fault, codes=codes, place=fault.place if keeps else None))
    return told


def named_in(arguments: Mapping[str, Any]) -> set[str]:
    """The texts that the arguments of an edit name, its codes among them."""
    given = arguments.values()
    each = (w for v in given for w in (v if isinstance(v, list | tuple) else [v]))
    return {word for word in each if isinstance(word, str)}


def left_out(
    edits: Iterable[dict[str, Any]], plan: Plan, sees: Callable[[Grid], bool]
) -> list[dict[str, Any]]:
    """Edits that a rebase left out, with as much of their faults as the one who reads may see.

    They are kept whole: who made the rebase and who reads of it may see different grids. plan: the
    one that the draft builds on.
    """

    def seen(code: str) -> bool:
        grid = plan.get(code)
        return grid is not None and sees(grid)

    def keeps(codes: list[str]) -> bool:
        return not codes or any(map(seen, codes))

    told = []
    for edit in edits:
        named = named_in(edit["arguments"])
        faults = [
            {
                **fault,
                "codes": [code for code in fault["codes"] if code in named or seen(code)],
                "place": fault["place"]
                if not fault["codes"] or any(map(seen, fault["codes"]))
                else None,
            }
            for fault in edit["faults"]
        ]
        told.append({**edit, "faults": faults})
    return told


def strangers(
    arguments: Mapping[str, Any], plan: Plan, editable: Callable[[Grid], bool]
) -> list[Fault]:
    """A fault for each code of an edit that names no grid of the draft's area.

    One answer for a grid that is not there and for one outside: the answer must not tell them
    apart.
    """
    named = [arguments.get(word) for word in ("code", "into", "to")]
    codes = [*arguments.get("codes", ()), *(code for code in named if code is not None)]
    return [
        Fault("unknown_grid", (code,), None, None, "")
        for code in dict.fromkeys(codes)
        if code not in plan or not editable(plan[code])
    ]
