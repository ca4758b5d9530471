"""The memory of the read model is told, part by part, and grows in line with the households."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gisgrid.columns import DayBits
from gisgrid.snapshot import ReadModel
from gisgrid.snapshot.weight import PARTS, weight

if TYPE_CHECKING:
    from gisgrid.snapshot import Snapshot


@pytest.fixture
def snapshot(county: Any) -> Snapshot:
    return ReadModel(county).current()


def many(snapshot: Snapshot, times: int) -> Snapshot:
    """The same households and days so many times over."""

    def over(table: Any) -> Any:
        names = table.__dataclass_fields__
        return replace(table, **{name: np.tile(getattr(table, name), times) for name in names})

    bits = DayBits(1000 * times, (0,), (np.zeros(1000 * times, dtype=np.uint32),))
    return snapshot.changed(
        households=over(snapshot.households), visits=replace(snapshot.visits, met=bits)
    )


def test_the_weight_of_households_and_visits_grows_in_line(snapshot: Snapshot) -> None:
    one, ten = (weight(many(snapshot, times)) for times in (100, 1000))
    assert set(one) == set(PARTS)
    for part in ("households", "visits"):
        assert ten[part] == pytest.approx(10 * one[part], rel=0.05), part
    for part in ("areas", "plans", "cases"):
        assert ten[part] == one[part]


def test_arrays_are_weighed_to_the_byte_and_texts_with_their_letters(snapshot: Snapshot) -> None:
    homes = snapshot.households
    arrays = sum(getattr(homes, name).nbytes for name in homes.__dataclass_fields__)
    assert weight(snapshot)["households"] > arrays
    longer = replace(homes, id=np.array(["x" * 1000] * len(homes.id), dtype=object))
    grown = weight(snapshot.changed(households=longer))["households"]
    assert grown > weight(snapshot)["households"] + 900 * len(homes.id)
