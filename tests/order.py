"""The longest files of tests first, where several workers share them.

A file is one worker's, for what its tests share. By the number of tests, as it goes by itself, the
files with few and long tests come last, and one worker has the longest left when all others have
ended; by name, all workers open browsers at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

SHORT, IN_A_BROWSER = 1.0, 5.0
"""Seconds of a test, about, while the machine does as much as it can."""
SECONDS = {
    "durability/test_backups.py": 70.0,
    "durability/test_kill.py": 43.0,
    "durability/test_power_cut.py": 22.0,
    "exchange/test_zones.py": 38.0,
    "operations/test_importing_fuzz.py": 55.0,
    "operations/test_moving.py": 25.0,
    "operations/test_plans_undone.py": 25.0,
    "postgis/test_demo.py": 10.0,
    "postgis/test_erased_bytes.py": 20.0,
    "redraw/test_random.py": 33.0,
    "redraw/test_real_plans.py": 44.0,
    "store/test_transactions.py": 6.0,
    "test_house.py": 0.01,
    "test_one_definition.py": 19.0,
    "test_security_doc.py": 0.01,
    "test_wheel.py": 22.0,
    "web/test_plans_killed.py": 33.0,
    "web/test_plans_raced.py": 32.0,
}
"""Those of files whose tests are much longer or shorter than most."""
ROOT = Path(__file__).parent


def longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests by how long their file takes; those of a file stay as they were."""
    took: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        usual = IN_A_BROWSER if item.get_closest_marker("browser") else SHORT
        took[item.path] += SECONDS.get(item.path.relative_to(ROOT).as_posix(), usual)
    items.sort(key=lambda item: (-took[item.path], item.path))
