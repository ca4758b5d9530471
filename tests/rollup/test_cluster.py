from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from gisgrid import rollup
from gisgrid.access import CONSOLE
from gisgrid.operations import rolling
from gisgrid.rollup.cluster import cluster

from .servers import webdav

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gisgrid.operations.workspace import Workspace

TODAY = date(2026, 11, 22)


def started(*command: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + command[0], *command[1:]],
        cwd=cwd,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str], words: str) -> str:
    """Read what a process says until it says `words`."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(words, line):
            return found[1]
    raise AssertionError(f"the process ended without saying {words}")


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """A Dask scheduler and two workers of ours, each a process: (address, workers)."""
    alone = ("--host", "127.0.0.1")
    scheduler = started("dask_scheduler", *alone, "--port", "0", "--no-dashboard", cwd=tmp_path)
    running = [scheduler]
    try:
        address = told(scheduler, r"Scheduler at:\s+(tcp://\S+)")
        for _ in range(2):
            one = ("dask_worker", address, *alone, "--nthreads", "1", "--no-nanny")
            running.append(started(*one, "--no-dashboard", cwd=tmp_path))
            told(running[-1], r"Registered to:\s+(\S+)")
        yield address, running[1:]
    finally:
        for process in running:
            process.kill()
            process.wait()
            assert process.stderr is not None
            process.stderr.close()


@pytest.mark.alone
def test_a_cluster_gives_the_same_figures_also_when_a_worker_is_killed(
    counties: list[Workspace],
    two_workers: tuple[str, list[subprocess.Popen[str]]],
    tmp_path: Path,
) -> None:
    place = tmp_path / "rollup"
    for ws in counties:
        rolling.publish(ws, CONSOLE, str(place))
    address, workers = two_workers
    found = rollup.survey(str(place), TODAY)
    days = [TODAY - timedelta(days=9 * n) for n in range(12)]
    with cluster(address) as spread:
        for n, day in enumerate(days):
            if n == 5:
                workers[0].kill()
            there = rollup.coverage(found.counties, day, "township", spread)
            here = rollup.coverage(found.counties, day, "township")
            pd.testing.assert_frame_equal(there, here)
    assert [worker.poll() is None for worker in workers] == [False, True]


@pytest.mark.alone
def test_workers_count_what_each_has_fetched_from_an_address(
    counties: list[Workspace],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "theirs"))
    address, _ = request.getfixturevalue("two_workers")
    (tmp_path / "served" / "all").mkdir(parents=True)
    with webdav(tmp_path / "served", "county", "word") as host:
        place = f"http://county:word@{host}/all"
        for ws in counties:
            rolling.publish(ws, CONSOLE, place)
        asked: Any = {"as_of": TODAY, "by": "township", "cache": str(tmp_path / "ours")}
        there = rolling.coverage_over(place, scheduler=address, **asked)
        pd.testing.assert_frame_equal(there.table, rolling.coverage_over(place, **asked).table)
    (mirror,) = (tmp_path / "theirs" / "gisgrid" / "rollup").iterdir()
    assert len(list(mirror.iterdir())) == len(counties)
