"""The demo, built once for all tests of this room."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from gisgrid import demo
from gisgrid.demo import sources, territory

if TYPE_CHECKING:
    from pathlib import Path

TODAY = date(2026, 11, 22)
TOWNSHIP = "620422202"


@pytest.fixture(scope="session")
def today() -> date:
    return TODAY


@pytest.fixture(scope="session")
def county() -> sources.County:
    return sources.read()


@pytest.fixture(scope="session")
def land(county: sources.County) -> territory.Territory:
    """The whole county's territory (3 to 8 seconds)."""
    return territory.invent(county, demo.SEED)


@pytest.fixture(scope="session")
def demo_township_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one township of 3,722 households (1 to 3 seconds)."""
    path = tmp_path_factory.mktemp("demo") / "township.gpkg"
    demo.build(str(path), township=TOWNSHIP, today=TODAY)
    return path


@pytest.fixture(scope="session")
def demo_county_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the whole county: 141,945 households (20 to 40 seconds)."""
    path = tmp_path_factory.mktemp("demo") / "county.gpkg"
    demo.build(str(path), today=TODAY)
    return path
