"""Who answers for open cases before and after a change of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gisgrid.redraw import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.plans.ground import Lying


def lacking(
    sides: Sequence[Drawing], lying: Sequence[Lying], known: Callable[[str], bool], *, served: bool
) -> Iterator[tuple[int, str, str]]:
    """Row, grid before and after of the open cases that no member answers for afterwards.

    served: of those that one answered for before; else of those in a grid without one. known:
    whether what lies in a grid is told.
    """
    one, two = lying
    before, after = (drawing.plan for drawing in sides)
    lie = dict(zip(two.cases.tolist(), two.case_codes.tolist(), strict=True))
    for row, was in zip(one.cases.tolist(), one.case_codes.tolist(), strict=True):
        now = lie.get(row, NOWHERE)
        had = was in before and bool(before[was].member) is served
        has = now in after and bool(after[now].member)
        if had and not has and (known(was) or known(now)):
            yield row, was, now
