"""A full disk, a read-only disk and a locked store get a clear answer and lose nothing."""

from __future__ import annotations

import http.client
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gisgrid import demo
from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.errors import StoreBusy, StoreFailed, StoreFull
from gisgrid.operations import keys, people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store, filing
from gisgrid.web import create_app

from ..conftest import listening, missing
from . import work
from .test_kill import servers

KEY = "k3y-of-a-test-0123456789-abcdefghij"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB of our own."""
    with disk_of(tmp_path / "disk", 4) as place:
        yield place


@contextmanager
def disk_of(place: Path, megabytes: int) -> Iterator[Path]:
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
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


@pytest.mark.parametrize("megabytes", [6, 8])
def test_a_demo_that_does_not_fit_is_not_there(tmp_path: Path, megabytes: int) -> None:
    """All of it fits into the -wal, but not into the file as well."""
    with disk_of(tmp_path / "disk", megabytes) as place:
        with pytest.raises(StoreFull):
            demo.build(str(place / "d.gpkg"), township="620422225", today=work.TODAY)
        assert list(place.iterdir()) == []


def test_what_is_still_in_the_wal_on_a_full_disk_is_not_taken_for_a_whole_file(
    small_disk: Path,
) -> None:
    path = small_disk / "county.gpkg"
    work.lay_out(path)
    grow = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('PRAGMA wal_autocheckpoint=0'); c.execute('CREATE TABLE more (x)');"
        "c.execute('INSERT INTO more VALUES (zeroblob(1500000))'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", grow, str(path)], check=True)
    other = small_disk / "other"
    subprocess.run(["dd", "if=/dev/zero", f"of={other}"], check=False, capture_output=True)
    with pytest.raises(StoreFull):
        filing.fold(path, 1.0)
    assert filing.held(path)
    other.unlink()
    filing.fold(path, 1.0)
    assert [p.name for p in small_disk.iterdir()] == ["county.gpkg"]
    assert work.faults(path, []) == []


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


@pytest.mark.parametrize("how", ["as a server leaves it", "as a restore leaves it"])
def test_on_a_read_only_disk_a_store_is_opened_and_figures_are_answered(
    small_disk: Path, how: str
) -> None:
    path = small_disk / "county.gpkg"
    work.lay_out(path)
    settings = Settings(store=str(path), secret_key=KEY)
    with Workspace.open(settings) as ws:
        work.visit(ws.store, "first")
        people.add(ws, CONSOLE, "Li", role="supervisor", scope="*")
        client = create_app(settings, ws).test_client()
        enter(client, f"/enter/{people.make_link(ws, CONSOLE, 'Li')}")
        token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/").text)
    assert token
    if how == "as a restore leaves it":
        filing.fold(path, 1.0)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert [p.name for p in small_disk.iterdir() if p.name.startswith("county.gpkg-")] == []
    with Workspace.open(settings) as ws:
        app = create_app(settings, ws)
        again = app.test_client()
        again._cookies = client._cookies
        assert again.get("/").status_code == 200
        assert again.get("/api/v1/overview").status_code == 200
        assert again.get("/households/H0").status_code == 507  # no look that is not written down
        assert len(ws.store.visits(scope=EVERYWHERE)) == 1
        with pytest.raises(StoreFull):
            work.visit(ws.store, "second")
    for command in (["status"], ["audit", "verify"], ["coverage"]):
        done = subprocess.run(
            [sys.executable, "-m", "gisgrid", "--store", str(path), *command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout, done.stderr
        assert done.returncode == (command == ["status"])  # 4 MB are too few to serve
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    assert work.faults(path, ["visit first"]) == []


def test_where_nothing_can_be_written_a_wal_is_read_or_it_is_said(small_disk: Path) -> None:
    path = small_disk / "county.gpkg"
    work.lay_out(path)
    die = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute(\"UPDATE households SET name = 'newest'\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", die, str(path)], check=True)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with Store.open(str(path)) as store:
        assert set(store.households(scope=EVERYWHERE).name) == {"newest"}
        with pytest.raises(StoreFull):
            work.visit(store, "first")
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    Path(f"{path}-shm").unlink()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreFailed, match="open it once where it can be written"):
        Store.open(str(path))


def test_what_is_read_without_locks_is_seen_to_change_from_elsewhere(
    small_disk: Path, tmp_path: Path
) -> None:
    work.lay_out(small_disk / "county.gpkg")
    shown = tmp_path / "shown"
    shown.mkdir()
    subprocess.run(["mount", "--bind", str(small_disk), str(shown)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(shown)], check=True)
        with Store.open(str(shown / "county.gpkg")) as store:
            assert len(store.households(scope=EVERYWHERE)) == work.HOMES
            assert store.changes().visits == 0
            with Store.open(str(small_disk / "county.gpkg")) as owner:
                work.visit(owner, "first")
                for read in (store.changes, lambda: store.households(scope=EVERYWHERE)):
                    with pytest.raises(StoreFailed, match="changed from elsewhere"):
                        read()
            with pytest.raises(StoreFailed, match="changed from elsewhere"):
                store.changes()  # the -wal is gone, and the file is another
    finally:
        subprocess.run(["umount", str(shown)], check=True)


def test_a_store_that_another_process_holds_is_busy_and_then_free(
    tmp_path: Path, held: Callable[[Path], Callable[[], None]]
) -> None:
    path = tmp_path / "county.gpkg"
    work.lay_out(path)
    with Store.open(str(path), patience=0.2) as store:
        work.visit(store, "first")
        let_go = held(path)
        with pytest.raises(StoreBusy):
            work.visit(store, "second")
        assert len(store.visits(scope=EVERYWHERE)) == 1
        let_go()
        work.visit(store, "third")
        check(store, ["visit first", "visit third"])


def test_over_http_a_visit_at_a_held_store_is_503_and_recorded_once_when_it_is_free(
    tmp_path: Path, held: Callable[[Path], Callable[[], None]]
) -> None:
    path = tmp_path / "county.gpkg"
    work.lay_out(path)
    settings = Settings(store=str(path), secret_key=KEY)
    with Workspace(Store.open(str(path), patience=0.3), settings) as ws:
        phone = a_phone(ws)
        with listening(create_app(ws.settings, ws), threads=4) as port:
            assert phone.visits(port, a_visit())[0] == 201  # all is loaded
            one = a_visit()
            let_go = held(path)
            for _ in range(2):
                status, found, headers = phone.visits(port, one)
                assert (status, headers["Retry-After"]) == (503, "5")
                assert (found["code"], headers["Content-Type"]) == ("store_busy", PROBLEM)
                assert "nothing was changed, try again in a moment" in found["detail"]
            assert phone.ask(port, "/api/v1/overview")[0] == 200  # figures go on
            let_go()
            answers = [phone.visits(port, one) for _ in range(2)]
        assert [(status, found["repeat"]) for status, found, _ in answers] == [
            (201, False),
            (200, True),
        ]
        assert ws.store.visits(scope=EVERYWHERE)["id"].tolist().count(one["client_id"]) == 1
        assert len(ws.store.visits(scope=EVERYWHERE)) == 2
        assert ws.store.audit_verify().faults == []


def test_over_http_a_disk_that_takes_no_writes_any_more_refuses_a_visit_and_loses_nothing(
    tmp_path: Path,
) -> None:
    """The kernel answers EROFS to every write of the server that is at work, as strace asks it.

    A disk cannot be marked as read-only while a server has its files open (only a kernel that met a
    fault does so), so that it is said here as of a disk that fails; what is said of one that is
    marked: see above.
    """
    with servers(tmp_path, 1) as (path, (one,)):
        with Workspace.open(Settings(store=str(path))) as ws:
            phone = a_phone(ws)
        one.order("http")
        one.wait_ready()
        port = int(one.word)
        assert phone.visits(port, a_visit())[0] == 201  # all is loaded, its files are open
        report = a_visit()
        with no_writes(one.child, path):
            status, found, _ = phone.visits(port, report)
            assert (status, found["code"]) == (500, "store_failed")
            assert "does not answer as it should" in found["detail"]
            assert phone.ask(port, "/api/v1/overview")[0] == 200
        answers = [phone.visits(port, report) for _ in range(2)]
        assert [(s, f["repeat"]) for s, f, _ in answers] == [(201, False), (200, True)]
        one.kill()
        one.rest()
    with Store.open(str(path)) as store:
        assert len(store.visits(scope=EVERYWHERE)) == 2
        assert store.audit_verify().faults == []


@contextmanager
def no_writes(process: int, store: Path) -> Iterator[None]:
    """For a while nothing that a process writes to the files of a store is taken."""
    if shutil.which("strace") is None:
        missing("strace is not installed: sudo apt install strace")
    calls = "pwrite64,pwritev,write,ftruncate,fallocate"
    command = ["strace", "-f", "-p", str(process), "-o", "/dev/null", "-e", f"trace={calls}"]
    command += ["-e", f"inject={calls}:error=EROFS"]
    command += [word for end in ("", "-wal", "-shm") for word in ("-P", f"{store}{end}")]
    watcher = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert watcher.stderr
        said = watcher.stderr.readline()
        while "Requested path" in said:  # a name that the process knows by another way
            said = watcher.stderr.readline()
        if "attached" not in said:
            missing(f"strace may not watch a process here: {said}")
        yield
    finally:
        watcher.terminate()  # lets the process go on without it
        watcher.communicate()


PROBLEM = "application/problem+json"


@dataclass
class Phone:
    """Who records over HTTP."""

    token: str

    def ask(self, port: int, address: str, body: object = None) -> tuple[int, Any, Any]:
        """Status, JSON and headers of an answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
            headers = {
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            }
            line.request("GET" if body is None else "POST", address, json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read()), answer.headers

    def visits(self, port: int, item: dict[str, str]) -> tuple[int, Any, Any]:
        return self.ask(port, "/api/v1/visits", item)


def a_phone(ws: Workspace) -> Phone:
    people.add(ws, CONSOLE, "Wang", role="supervisor", scope="*")
    actor = people.actor_of(people.known(ws, "Wang"))
    return Phone(keys.make_token(ws, actor, name="phone", reach="write", days=9))


def a_visit() -> dict[str, str]:
    return {"client_id": str(uuid.uuid4()), "household": "H1", "outcome": "met"}


@pytest.fixture
def held() -> Iterator[Callable[[Path], Callable[[], None]]]:
    """`held(store)` lets another process hold the right to write, until what it gives is called."""
    code = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    started: list[subprocess.Popen[str]] = []

    def hold(path: Path) -> Callable[[], None]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        assert process.stdout.readline() == "held\n"

        def let_go() -> None:
            started.remove(process)
            process.communicate("")

        return let_go

    yield hold
    for process in started:
        process.communicate("")
