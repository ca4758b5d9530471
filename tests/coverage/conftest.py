from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from gisgrid.columns import Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


@pytest.fixture(scope="session")
def oracle() -> ModuleType:
    """The rules written a second time (oracle.py)."""
    spec = importlib.util.spec_from_file_location("oracle", Path(__file__).with_name("oracle.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["oracle"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make_plan() -> Callable[..., Plan]:
    """A plan from {code: polygon}; areas and intervals by code if given."""

    def make(polygons: dict[str, Any], area: Any = None, every: Any = None) -> Plan:
        codes = sorted(polygons)
        return Plan(
            revision=1,
            valid_from=None,
            valid_to=None,
            code=np.array(codes, dtype=object),
            name=np.array(codes, dtype=object),
            member=np.array([""] * len(codes), dtype=object),
            area=np.array([(area or {}).get(c, -1) for c in codes], dtype=np.int32),
            every=np.array([(every or {}).get(c, 0) for c in codes], dtype=np.int32),
            geometry=np.array([polygons[c] for c in codes], dtype=object),
        )

    return make


@pytest.fixture(scope="session")
def nine(make_plan: Callable[..., Plan]) -> Plan:
    """Nine unit squares, `a` in the south-west corner, row by row to `i` in the north-east.

    g h i
    d e f
    a b c
    """
    squares = {
        "abcdefghi"[3 * y + x]: shapely.box(x, y, x + 1, y + 1) for y in range(3) for x in range(3)
    }
    return make_plan(squares)
