"""A full disk, a read-only disk and a locked store get a clear answer and lose nothing."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import StoreBusy, StoreFailed, StoreFull
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.web import create_app

from ..conftest import missing
from . import work

KEY = "k3y-of-a-test-0123456789-abcdefghij"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB of our own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        missing("a small disk cannot be mounted here (it takes root)")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@contextmanager
def small_files(limit: int) -> Iterator[None]:
    """No file of this process may grow beyond `limit`: what a quota does, without root."""
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def fill_up(store: Store, refusal: type[Exception]) -> list[str]:
    """Deeds until the disk is full; those that were acknowledged."""
    said: list[str] = []
    try:
        for n in range(2_000):
            work.bring_in(store, f"f{n}")
            said.append(f"bring_in f{n}")
    except refusal:
        assert said
        return said
    raise AssertionError("it never was full")


def check(store: Store, said: list[str]) -> None:
    """Nothing is lost or half done, and pages are answered; no file is opened beside sqlite3."""
    store.close()
    assert work.faults(Path(store.url), said) == []


def test_on_a_full_disk_a_change_is_refused_whole_and_the_rest_goes_on(small_disk: Path) -> None:
    path = small_disk / "county.gpkg"
    work.lay_out(path)
    with Store.open(str(path)) as store:
        said = fill_up(store, StoreFull)
        assert len(store.households(scope=EVERYWHERE)) == work.HOMES + len(said) * work.BATCH
        with pytest.raises(StoreFull):
            store.backup(small_disk / "saved.gpkg")
        assert not list(small_disk.glob("*saved*")) + list(small_disk.glob(".*backup*"))
        check(store, said)
    done = subprocess.run(
        [sys.executable, "-m", "gisgrid", "--store", str(path), "backup", str(small_disk / "b")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "disk of the store is full" in done.stderr


def test_within_a_quota_a_change_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "county.gpkg"
    work.lay_out(path)
    with Store.open(str(path)) as store:
        with small_files(3_000_000):
            said = fill_up(store, StoreFailed)
        work.visit(store, "after")  # there is room again
        check(store, [*said, "visit after"])


def test_a_full_disk_is_507_and_the_rest_goes_on(small_disk: Path) -> None:
    path = small_disk / "county.gpkg"
    work.lay_out(path)
    with Workspace.open(Settings(store=str(path), secret_key=KEY)) as ws:
        people.add(ws, CONSOLE, "Li", role="admin", scope="*")
        client = create_app(ws.settings, ws).test_client()
        enter(client, f"/enter/{people.make_link(ws, CONSOLE, 'Li')}")
        token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/people").text)
        assert token
        form = {"csrf_token": token[1], "role": "planner", "scope": "*"}
        other = small_disk / "other"
        subprocess.run(["dd", "if=/dev/zero", f"of={other}"], check=False, capture_output=True)
        answers = []
        for n in range(60):  # the -wal may have room of its own for a while
            answers.append(client.post("/people", data=form | {"name": f"Wang {n}"}))
            if answers[-1].status_code == 507:
                break
        assert answers[-1].status_code == 507, answers[-1].text
        assert "full or read-only" in answers[-1].text
        assert client.get("/people").status_code == 200
        assert client.get("/readyz").status_code == 503
        assert len(ws.store.people()) == len(answers)
        other.unlink()
        assert client.post("/people", data=form | {"name": "Zhao"}).status_code == 200
        assert len(ws.store.people()) == len(answers) + 1


def enter(client: object, address: str) -> None:
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(address).text)  # type: ignore[attr-defined]
    assert found
    client.post(address, data={"csrf_token": found[1]})  # type: ignore[attr-defined]


def test_on_a_read_only_disk_it_is_said_and_nothing_is_changed(small_disk: Path) -> None:
    path = small_disk / "county.gpkg"
    work.lay_out(path)
    with Store.open(str(path)) as store:
        work.visit(store, "first")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    command = [sys.executable, "-m", "gisgrid", "--store", str(path), "user", "add", "Li"]
    done = subprocess.run(
        [*command, "--role", "admin"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "read-only" in done.stderr, done.stderr
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with Store.open(str(path)) as store:
        work.visit(store, "third")
        check(store, ["visit first", "visit third"])


def test_a_store_that_another_process_holds_is_busy_and_then_free(
    tmp_path: Path, held: Callable[[Path], None]
) -> None:
    path = tmp_path / "county.gpkg"
    work.lay_out(path)
    with Store.open(str(path), patience=0.2) as store:
        work.visit(store, "first")
        held(path)
        with pytest.raises(StoreBusy):
            work.visit(store, "second")
        assert len(store.visits(scope=EVERYWHERE)) == 1
    with Workspace(
        Store.open(str(path), patience=0.2), Settings(store=str(path), secret_key=KEY)
    ) as ws:
        answer = create_app(ws.settings, ws).test_client().get("/readyz")
        assert answer.status_code == 503  # its figures are not loaded; it answers all the same


@pytest.fixture
def held() -> Iterator[Callable[[Path], None]]:
    """Let another process hold the right to write."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    started: list[subprocess.Popen[str]] = []

    def hold(path: Path) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "held\n"

    yield hold
    for process in started:
        process.communicate("")
