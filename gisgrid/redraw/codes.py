"""Codes of grids: those that are there, and those that are free."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gisgrid.redraw.faults import Fault, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gisgrid.redraw.plan import Grid, Plan

_NUMBER = re.compile(r"(.*?)(\d+)")
_COUNTED = re.compile(r"(.+) \((\d{1,9})\)")


def known(plan: Plan, *codes: str) -> list[Grid]:
    """The grids of these codes. Raises Refused for one that the plan lacks."""
    missing = tuple(code for code in codes if code not in plan)
    if missing:
        raise Refused(Fault("unknown_grid", missing))
    return [plan[code] for code in codes]


def free_codes(plan: Plan, code: str, count: int, taken: Iterable[str] = ()) -> list[str]:
    """Codes for new grids beside one: the next numbers of its own row that were never used.

    620422202201003 is followed by …004 or the next that is free; G1 by G2; a code that does not
    end with a digit by itself with "-2".
    """
    used = set(taken)
    match = _NUMBER.fullmatch(code)
    stem, digits = (match[1], match[2]) if match else (f"{code}-", "1")
    found: list[str] = []
    # Among the last digits only: the ones before are the village's.
    head, tail = (stem + digits[:-3], digits[-3:]) if len(digits) > 3 else (stem, digits)

    def name(number: int) -> str:
        return f"{head}{number:0{len(tail)}d}"

    number = int(tail)
    while len(found) < count:
        number = _next_free(number + 1, lambda n: plan.spent(name(n)) or name(n) in used)
        found.append(name(number))
    return found


def _next_free(start: int, is_taken: Callable[[int], bool]) -> int:
    """A free number from `start` on that follows a taken one (or is `start` itself).

    By strides that double, then halve: a row of ten thousand costs no more than some looks.
    """
    if not is_taken(start):
        return start
    taken, stride = start, 1
    while is_taken(taken + stride):
        taken, stride = taken + stride, stride * 2
    free = taken + stride
    while free - taken > 1:
        middle = (taken + free) // 2
        taken, free = (middle, free) if is_taken(middle) else (taken, middle)
    return free


def free_names(plan: Plan, name: str | None, count: int) -> list[str | None]:
    """Names for new grids made of one: "name (2)" and so on, as no grid has; none of none."""
    if not name:
        return [None] * count
    match = _COUNTED.fullmatch(name)
    stem, number = (match[1], int(match[2])) if match else (name, 1)
    found: list[str | None] = []
    while len(found) < count:
        number = _next_free(number + 1, lambda n: plan.named(f"{stem} ({n})"))
        found.append(f"{stem} ({number})")
    return found


def check_free(plan: Plan, codes: Iterable[str]) -> None:
    """Refuse codes that are taken, come twice, or were of a grid that is no more."""
    seen: set[str] = set()
    for code in codes:
        if code in plan.ended:
            raise Refused(Fault("code_ended", (code,)))
        if code in plan or code in seen:
            place = plan[code].place() if code in plan else None
            raise Refused(Fault("code_taken", (code,), place))
        seen.add(code)
