"""A server process that can be made again in an instant: everything is loaded, then it forks.

`server.py STORE LETTER [careless]` reads lines from its input. "serve PREFIX KINDS" makes a child
that does deeds (work.DEEDS) one after the other and acknowledges each, while other threads of it
read maps, figures and exports as browsers do. "http" makes one that answers over HTTP, and says
"ready PORT". "step PATH" makes one that brings an old store up.
The child's number is said first, "end" when it has ended.

careless: now and then the child reads the store with geopandas, as nobody should.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from pathlib import Path
from typing import Any

from work import DEEDS, lay_out, say

from gisgrid.access import CONSOLE
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.web import create_app

READ = (
    "/",
    "/api/v1/overview",
    "/api/v1/coverage?by=grid",
    "/tiles/grids/10/811/405.mvt",
    "/tiles/households/16/51916/25963.mvt",
    "/households",
)
KEY = "k3y-of-a-test-0123456789-abcdefghij"
NAME = "Li"


def prepare(path: Path) -> None:
    """A store with somebody who may look at it."""
    lay_out(path)
    with Workspace.open(Settings(store=str(path))) as ws:
        people.add(ws, CONSOLE, NAME, role="supervisor", scope="*")


def serve(store: str, prefix: str, kinds: list[str], *, careless: bool) -> None:
    """Never ends by itself."""
    settings = Settings(store=store, secret_key=KEY)
    ws = Workspace.open(settings)
    app = create_app(settings, ws)
    for turn in range(2):
        threading.Thread(target=read, args=(app, ws, turn), daemon=True).start()
    say(1, f"ready {prefix}")
    number = 0
    while True:
        for kind in kinds:
            DEEDS[kind](ws.store, f"{prefix}{number}")
            say(1, f"{kind} {prefix}{number}")
            number += 1
        if careless:
            import geopandas

            geopandas.read_file(store, layer="grids", engine="pyogrio")
            say(1, "read")


def read(app: Any, ws: Workspace, turn: int) -> None:
    """What browsers ask for, until the end."""
    client = app.test_client()
    address = f"/enter/{people.make_link(ws, CONSOLE, NAME)}"
    found = re.search(r'name="csrf-token" content="([^"]+)"', client.get(address).text)
    assert found
    client.post(address, data={"csrf_token": found[1]})
    while True:
        for path in READ if turn == 0 else ("/export/file?what=coverage&format=csv", *READ):
            answer = client.get(path)
            if answer.status_code >= 500:
                say(1, f"failed {path}")


def answer(store: str, *, careless: bool) -> None:
    """Never ends by itself."""
    from waitress.server import create_server

    settings = Settings(store=store, secret_key=KEY)
    app = create_app(settings, Workspace.open(settings))
    server: Any = create_server(app, host="127.0.0.1", port=0, threads=6)
    may_be_watched()
    if careless:
        threading.Thread(target=read_carelessly, args=(store,), daemon=True).start()
    say(1, f"ready {server.effective_port}")
    server.run()


def may_be_watched() -> None:
    """Let strace join this process also where only a parent may (Yama), for a test of its disk."""
    import ctypes

    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER, any


def read_carelessly(store: str) -> None:
    """As `serve` does when it is careless."""
    import geopandas

    while True:
        geopandas.read_file(store, layer="grids", engine="pyogrio")


def bring_up(path: str) -> None:
    """Open a store of the first gisgrid."""
    say(1, "ready step")
    Store.open(path).close()
    say(1, f"step {path}")


def main(store: str, letter: str, *words: str) -> None:
    """Obey until the input ends."""
    warm = create_app(Settings(store=store, secret_key=KEY))  # loads what is loaded late
    warm.extensions["gisgrid"].close()
    if "careless" in words:
        import pyogrio

        pyogrio.read_dataframe(store, layer="grids")
    say(1, f"loaded {letter}")
    for line in sys.stdin:
        verb, *rest = line.split()
        child = os.fork()
        if child == 0:
            try:
                if verb == "serve":
                    serve(store, f"{letter}{rest[0]}n", rest[1:], careless="careless" in words)
                elif verb == "http":
                    answer(store, careless="careless" in words)
                else:
                    bring_up(rest[0])
                os._exit(0)
            except BaseException as err:  # noqa: BLE001 - told to the test
                say(1, f"failed {type(err).__name__}: {err}".replace("\n", " "))
                os._exit(1)
        say(1, f"child {child}")
        os.waitpid(child, 0)
        say(1, "end")


if __name__ == "__main__":
    main(*sys.argv[1:])
