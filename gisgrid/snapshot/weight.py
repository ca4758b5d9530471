"""How much memory a snapshot takes, so that it can be told before a machine is too small."""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from gisgrid.snapshot.snapshot import Snapshot

PARTS = ("areas", "plans", "households", "visits", "cases")
_SHARE = 1000
"""Of texts and shapes some are weighed and the others taken to be like them."""
_CORNER, _SHAPE = 16, 250
"""Bytes of a corner and, about, of a polygon beside its corners in GEOS."""


def weight(snapshot: Snapshot) -> dict[str, int]:
    """Bytes of each of PARTS: arrays exactly, texts and polygons as weighed on some of them.

    What was worked out from them (Memory) and the passing needs of a load are not in it.
    """
    return {part: _weight(getattr(snapshot, part)) for part in PARTS}


def _weight(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.nbytes) + (_objects(value) if value.dtype == object else 0)
    if isinstance(value, tuple):
        return sum(_weight(each) for each in value)
    if is_dataclass(value):
        return sum(_weight(getattr(value, field.name)) for field in fields(value))
    return 0


def _objects(values: Any) -> int:
    some = values[:: max(1, len(values) // _SHARE)]
    if not len(some):
        return 0
    if isinstance(some[0], str):
        each = sum(map(sys.getsizeof, some)) / len(some)
    else:
        each = _SHAPE + _CORNER * float(shapely.get_num_coordinates(some).mean())
    return int(each * len(values))
