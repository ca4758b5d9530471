"""Which grid of a plan a code names that an earlier plan had."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gisgrid import coverage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from gisgrid.columns import Ints, Objects, Plan


def heirs(codes: Objects, plan: Plan, plans: Sequence[Plan], areas: Collection[str]) -> Ints:
    """The grid of `plan` (index, -1 for none) that each of some codes names.

    The one of that code; where it is no more, the one that holds most of its ground, step by step
    through the plans (coverage.heir). plans: all of them, the oldest first. areas: codes that name
    an area, and no grid that is gone.
    """
    known = {code: i for i, code in enumerate(plan.code)}
    found = np.array([known.get(code, -1) for code in codes], dtype=np.int32)
    earlier = [p for p in plans if p.revision < plan.revision]
    for at in np.flatnonzero(found < 0).tolist():
        if codes[at] not in areas:
            found[at] = _followed(str(codes[at]), [*earlier, plan])
    return found


def _followed(code: str, plans: Sequence[Plan]) -> int:
    """A code to its grid in the last of the plans: the first on its way that this one has.

    Also one that was gone in between and came back: as store.history.heirs.
    """
    found = (_index(plans[-1], each) for each in way(code, plans))
    return next((at for at in found if at >= 0), -1)


def way(code: str, plans: Sequence[Plan]) -> Iterator[str]:
    """A code that a plan had, and those to which most of its ground went from there on, in turn."""
    having = [i for i, plan in enumerate(plans) if _index(plan, code) >= 0]
    if not having:
        return
    yield code
    at = _index(plans[having[-1]], code)
    for before, plan in pairwise(plans[having[-1] :]):
        same = _index(plan, str(before.code[at]))
        at = same if same >= 0 else coverage.heir(before.geometry[at], plan)
        if at < 0:
            return
        if same < 0:
            yield str(plan.code[at])


def _index(plan: Plan, code: str) -> int:
    """The grid of a code, -1 for none; grids are by code."""
    at = int(np.searchsorted(plan.code, code)) if len(plan.code) else 0
    return at if at < len(plan.code) and plan.code[at] == code else -1
