"""A plan as a value: what two of them share, and what is kept for the next look."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import redraw_makers as makers

from gisgrid.redraw import Merge, Plan, Points, Renumber, apply, lattice

NOBODY = Points(np.empty(0), np.empty(0))


@pytest.fixture(scope="module")
def stages() -> list[Plan]:
    """A plan and what comes of it edit by edit, beyond the point where a new index is made."""
    made = [makers.voronoi(np.random.default_rng(0), 400)]
    for n, code in enumerate(made[0].codes()[:350]):
        if code not in made[-1]:
            continue  # merged into another
        edit = Renumber(code, f"N{code}")
        if n % 3 == 0:
            beside = made[-1].near(made[-1][code].polygon.bounds)
            edit = Merge((code, next(c for c in beside if c != code)))
        made.append(apply(made[-1], edit, NOBODY).plan)
    return made


def test_two_plans_are_apart_in_the_grids_that_they_do_not_share(stages) -> None:
    told = 0
    for one, other in [*pairwise(stages), *zip(stages, stages[7:], strict=False)]:
        apart = one.apart(other)
        assert apart == other.apart(one)
        if apart is not None:  # None where a new index was made between them
            codes = {*one.codes(), *other.codes()}
            assert apart == {code for code in codes if one.get(code) is not other.get(code)}
            told += bool(apart)
    assert told > 400


def test_edges_that_were_kept_are_those_of_the_grids(stages) -> None:
    assert len({id(plan._base) for plan in stages}) > 1
    for plan in [*stages[::40], stages[-1]]:
        codes = plan.codes()
        for asked in (codes[:5], codes[3:9], codes[8:2:-1], codes, []):
            edges, owner = plan.segments(asked)
            fresh, whose = lattice.segments_of(plan.units(asked))
            assert np.array_equal(edges, fresh)
            assert np.array_equal(owner, whose)
