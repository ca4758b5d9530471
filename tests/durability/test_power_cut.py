"""A power cut at any moment loses nothing that was acknowledged, and leaves nothing half done."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gisgrid.access import EVERYWHERE
from gisgrid.store import Store
from gisgrid.store.migrate import HEAD

from ..conftest import missing
from . import powercut, work

SCRIPT = Path(work.__file__)
DEEDS = 63


@pytest.fixture
def quick_disk() -> Iterator[Path]:
    """A folder in memory where there is one: thousands of disks are laid out in it."""
    shm = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=shm if os.access(shm, os.W_OK) else None) as folder:
        yield Path(folder).resolve()


def record(
    folder: Path, synchronous: str, deeds: int = DEEDS
) -> tuple[dict[str, bytes], list[powercut.Event]]:
    """What the store's files held at first, and all that was then written to them."""
    if shutil.which("strace") is None:
        missing("strace is not installed: sudo apt install strace")
    place = folder / "disk"
    place.mkdir()
    store = place / "county.gpkg"
    (work.lay_out if deeds else work.lay_out_first)(store)
    start = {str(p): p.read_bytes() for p in place.iterdir()}
    log = folder / "log"
    command = ["strace", "-f", "-y", "-xx", "-s", "10000000", "-o", str(log)]
    command += ["-e", f"trace={powercut.CALLS}", "--seccomp-bpf"]
    command += [sys.executable, str(SCRIPT), str(store), synchronous, str(deeds)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if "ptrace" in done.stderr.lower():
        missing(f"strace may not watch a process here: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    return start, powercut.parse(log.read_bytes(), place)


def cuts(
    folder: Path, synchronous: str, count: int, seed: int, deeds: int = DEEDS
) -> Iterator[tuple[Path, list[str]]]:
    """For each of `count` power cuts: the store it leaves, and what was acknowledged before it."""
    start, events = record(folder, synchronous, deeds)
    assert sum(event.kind == "said" for event in events) == max(1, deeds)
    chance = random.Random(seed)  # noqa: S311
    disk, fed = powercut.Disk(start), 0
    after = folder / "after"
    for moment in sorted(chance.randrange(len(events)) for _ in range(count)):
        while fed <= moment:
            disk.feed(events[fed])
            fed += 1
        after.mkdir()
        for path, content in disk.cut(chance).items():
            (after / Path(path).name).write_bytes(content)
        yield after / "county.gpkg", disk.said
        shutil.rmtree(after)


def found_after(folder: Path, synchronous: str, count: int, seed: int) -> list[str]:
    """All faults after `count` cuts."""
    after = cuts(folder, synchronous, count, seed)
    return [fault for store, said in after for fault in work.faults(store, said)]


def test_a_power_cut_loses_nothing_that_was_acknowledged(quick_disk: Path) -> None:
    assert found_after(quick_disk, "FULL", 1_000, seed=20261126) == []


@pytest.mark.long
def test_a_power_cut_loses_nothing_in_25_000_cuts(quick_disk: Path) -> None:
    seed = int(os.environ.get("GISGRID_SEED", "1"))
    assert found_after(quick_disk, "FULL", 25_000, seed) == []


def test_a_power_cut_within_a_migration_leaves_the_old_store_or_the_new(quick_disk: Path) -> None:
    seen = set()
    for n, (store, said) in enumerate(cuts(quick_disk, "FULL", 300, seed=7, deeds=0)):
        assert work.step_faults(store) == []
        step = work.step_of(store)
        seen.add(step)
        assert step == HEAD or not said
        if n % 30 == 0:
            with Store.open(str(store), keep=False) as opened:
                assert opened.households(scope=EVERYWHERE)["id"].tolist() == ["H0"]
    assert seen == {"0001", HEAD}


@pytest.mark.parametrize(
    ("synchronous", "fault"), [("NORMAL", "acknowledged"), ("OFF", "cannot be read")]
)
def test_the_same_test_finds_what_a_careless_store_loses(
    quick_disk: Path, synchronous: str, fault: str
) -> None:
    """The known-bad variants: the checks above can fail."""
    assert any(fault in said for said in found_after(quick_disk, synchronous, 150, 1))
