"""The work on a sent file beside the pages: its progress, what a stopped server leaves, mishaps."""

from __future__ import annotations

import io
import os
import re
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations import importing
from gisgrid.operations.import_jobs import ImportJobs
from gisgrid.web import files

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from gisgrid.operations.uploads import Upload
    from gisgrid.operations.workspace import Workspace

    Enter = Callable[..., FlaskClient]
    Token = Callable[..., str]

HOMES = "编号,姓名,经度,纬度\nN-1,王,105.0045,35.005\nN-2,李,105.0046,35.005\n"


class Held:
    """An import that tells how far it is and goes on when it is let."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str, share: float, step: str) -> None:
        self.real = getattr(importing, name)
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.share, self.step = share, step
        monkeypatch.setattr(importing, name, self)
        monkeypatch.setattr(files, "AT_ONCE_SECONDS", 0.0)

    def __call__(self, *given: Any) -> Any:
        given[-1](self.share, self.step)
        self.reached.set()
        assert self.go_on.wait(60)
        return self.real(*given)


@pytest.fixture
def sent(enter: Enter, token: Token) -> tuple[FlaskClient, str, dict[str, str]]:
    """Who sent a file of two households, the address of its page, and what a form needs."""
    client = enter("data_officer")
    form = {"csrf_token": token(client, "/")}
    data = {**form, "layer": "households", "file": (io.BytesIO(HOMES.encode()), "户.csv")}
    return client, client.post("/import", data=data).location, form


def upload(app: Flask, address: str) -> Upload:
    found: Upload = app.extensions["gisgrid.imports"].uploads.get(1, address.rpartition("/")[2])
    return found


def ended(app: Flask, client: FlaskClient, address: str) -> str:
    app.extensions["gisgrid.imports"].wait(upload(app, address), 60)
    return client.get(address).text


def count(ws: Workspace) -> int:
    return len(ws.store.households(scope=EVERYWHERE))


@pytest.mark.parametrize(
    ("name", "at", "percent", "title", "past"),
    [
        ("drawn", (0.325, "checking"), 50, "Your file is being looked at", 1),
        ("run", (0.75, "storing"), 75, "Your file is being stored", 2),
    ],
)
def test_the_page_says_how_far_it_is(
    app: Flask, sent: Any, monkeypatch: Any, name: str, at: Any, percent: int, title: str, past: int
) -> None:
    client, address, form = sent
    if name == "run":
        assert "Import now" in ended_look(app, client, address)
    held = Held(monkeypatch, name, *at)
    if name == "run":
        client.post(address, data=form)
    else:
        client.get(address)
    assert held.reached.wait(30)
    page = client.get(address).text
    assert title in page
    assert f'<progress max="100" value="{percent}"' in page
    assert page.count('class="past"') == past
    assert re.search(r'<li aria-current="step">[^<]+</li>', page)
    assert 'http-equiv="refresh"' in page
    listed = client.get("/import").text
    assert ("is being stored" if name == "run" else "is being looked at") in listed
    held.go_on.set()
    assert ("Imported" if name == "run" else "Import now") in ended(app, client, address)


def ended_look(app: Flask, client: FlaskClient, address: str) -> str:
    client.get(address)
    return ended(app, client, address)


def test_a_second_word_does_not_store_a_file_twice(
    app: Flask, sent: Any, ws: Workspace, monkeypatch: Any
) -> None:
    client, address, form = sent
    ended_look(app, client, address)
    before = count(ws)
    held = Held(monkeypatch, "run", 0.9, "storing")
    client.post(address, data=form)
    assert held.reached.wait(30)
    turn = upload(app, address).turn
    client.post(address, data=form)
    client.post(f"{address}/settle", data=form | {"crs": "EPSG:4490"})
    assert upload(app, address).turn == turn
    held.go_on.set()
    assert "Imported" in ended(app, client, address)
    assert count(ws) == before + 2
    assert not upload(app, address).path.exists()


def leave(app: Flask, address: str, task: str) -> None:
    """The work on a file as a server leaves it that was killed."""
    uploads = app.extensions["gisgrid.imports"].uploads
    found = upload(app, address)
    fields = {"task": task, "state": "working", "turn": "of another process", "share": 0.8}
    uploads.change(found.number, **fields, begun=time.time() - 100)
    sign = found.path.with_name("alive")
    sign.touch()
    os.utime(sign, (time.time() - 60, time.time() - 60))


def test_where_a_server_stopped_while_it_stored_the_next_one_says_so_and_what_is_left_to_do(
    app: Flask, sent: Any, ws: Workspace
) -> None:
    client, address, form = sent
    before = count(ws)
    ended_look(app, client, address)
    leave(app, address, "store")
    client.get(address)
    page = ended(app, client, address)
    assert "The server stopped while it stored this file" in page
    assert "Import now" in page
    assert count(ws) == before
    client.post(address, data=form)
    assert "Imported" in ended(app, client, address)
    assert count(ws) == before + 2
    # Had it stored the file just before, that shows too.
    client, address, form = sent_again(client, form)
    leave(app, address, "store")
    client.get(address)
    page = ended(app, client, address)
    assert "The server stopped" in page
    assert "Everything in the file is stored already" in page


def sent_again(client: FlaskClient, form: dict[str, str]) -> Any:
    data = {**form, "layer": "households", "file": (io.BytesIO(HOMES.encode()), "户.csv")}
    return client, client.post("/import", data=data).location, form


def test_a_look_that_nobody_is_at_any_more_is_begun_again(app: Flask, sent: Any) -> None:
    client, address, _ = sent
    leave(app, address, "look")
    client.get(address)
    page = ended(app, client, address)
    assert "Import now" in page
    assert "The server stopped" not in page


def test_two_processes_know_of_each_others_work(
    app: Flask, sent: Any, ws: Workspace, monkeypatch: Any
) -> None:
    client, address, form = sent
    ended_look(app, client, address)
    held = Held(monkeypatch, "run", 0.9, "storing")
    client.post(address, data=form)
    assert held.reached.wait(30)
    other = ImportJobs(ws, draw=lambda _seen: {}, choose=lambda _err: {}, stale_seconds=5)
    seen = other.uploads.get(1, address.rpartition("/")[2])
    assert (seen.task, seen.state, seen.step) == ("store", "working", "storing")
    assert not other.abandoned(seen)
    held.go_on.set()
    assert "Imported" in ended(app, client, address)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_is_said_and_stores_nothing(
    app: Flask, sent: Any, ws: Workspace, monkeypatch: Any
) -> None:
    client, address, form = sent
    ended_look(app, client, address)
    before = count(ws)

    def broken(*_given: Any) -> None:
        raise ZeroDivisionError("王")

    with monkeypatch.context() as patch:
        patch.setattr(importing, "run", broken)
        client.post(address, data=form)
        page = ended(app, client, address)
    assert "something went wrong on our side" in page
    assert count(ws) == before
    client.post(f"{address}/settle", data=form)  # Look at it again
    assert "Import now" in ended_look(app, client, address)


def test_a_file_that_is_discarded_while_it_is_looked_at_leaves_nothing(
    app: Flask, sent: Any, monkeypatch: Any
) -> None:
    client, address, form = sent
    held = Held(monkeypatch, "drawn", 0.3, "checking")
    client.get(address)
    assert held.reached.wait(30)
    found = upload(app, address)
    client.post(f"{address}/cancel", data=form)
    held.go_on.set()
    app.extensions["gisgrid.imports"].wait(found, 60)
    assert not found.path.parent.exists()
    assert client.get(address).status_code == 410


def test_a_look_is_taken_again_once_the_store_has_changed(
    app: Flask, sent: Any, ws: Workspace
) -> None:
    client, address, _ = sent
    assert "<dt>New</dt><dd>2</dd>" in ended_look(app, client, address)
    path = upload(app, address).path
    importing.run(ws, CONSOLE, "households", path, importing.ImportOptions())
    client.get(address)
    assert "<dt>New</dt><dd>0</dd>" in ended(app, client, address)
