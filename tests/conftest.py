"""What all rooms' tests share: places, and an empty store of each kind of database."""

from __future__ import annotations

import functools
import gc
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from flask import Flask
from waitress.server import create_server
from werkzeug.routing import Rule

from benchmarks.postgis import APP, cluster, installed
from gisgrid.operations import passwords
from gisgrid.store import Store, migrate

from . import once
from .layout import remembering
from .order import longest_first

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

REPO = Path(__file__).resolve().parents[1]
DATABASES = ["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)]
"""A fixture with these parameters makes its tests run once for each kind of database."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        longest_first(items)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: the search for what nobody holds any more leaves it out.

    And it is made more seldom than after each 700 new objects, which a store alone brings often.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def missing(reason: str) -> None:
    """Skip for want of a tool; where CI promises all tools, fail."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def _lay_out_quickly() -> Iterator[None]:
    """See layout.py; the steps themselves are tried in store/test_migrations.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "lay_out", remembering(migrate.lay_out))
        yield


@pytest.fixture(scope="session", autouse=True)
def _make_apps_quickly() -> Iterator[None]:
    """See once.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", once.Templates())
        patch.setattr(Rule, "_compile_builder", once.remembering(Rule._compile_builder))
        yield


@pytest.fixture(scope="session", autouse=True)
def dear_hasher() -> Iterator[Callable[[], PasswordHasher]]:
    """The maker of hashes as people get it; the tests' own costs them a thousandth."""
    with pytest.MonkeyPatch.context() as patch:
        dear = passwords._hasher
        patch.setattr(passwords, "_hasher", functools.cache(lambda: PasswordHasher(1, 8, 1)))
        yield dear


@pytest.fixture(scope="session", autouse=True)
def _states_apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What outlives the databases of the tests lies in no folder of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("STATE_DIRECTORY", raising=False)
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("states")))
        yield


@pytest.fixture(scope="session")
def repo() -> Path:
    """The checkout."""
    return REPO


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data sets: GISGRID_SHARED_DATA, else ../shared/data beside the checkout."""
    place = Path(os.environ.get("GISGRID_SHARED_DATA", REPO.parent / "shared" / "data"))
    if not place.is_dir():
        missing(f"there are no real data sets at {place}; set GISGRID_SHARED_DATA")
    return place


@pytest.fixture(scope="session")
def postgis() -> Iterator[str]:
    """URL of a PostGIS server of our own, in a folder that is thrown away."""
    if not installed():
        missing("PostGIS is not installed: sudo apt install postgresql postgresql-postgis")
    with cluster() as made:
        yield made.url


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made: a path in a new folder, or a new schema of a PostGIS server."""
    return place_of(request, tmp_path)


@pytest.fixture(scope="module", params=DATABASES)
def module_store_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """`store_url` for a store that the tests of a module share."""
    return place_of(request, tmp_path_factory.mktemp("store"))


@pytest.fixture(params=DATABASES)
def new_store_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], str]:
    """`new_store_url()` -> `store_url` for a test that needs several stores."""
    return lambda: place_of(request, tmp_path_factory.mktemp("store"))


def place_of(request: pytest.FixtureRequest, folder: Path) -> str:
    """Where a store of the kind `request.param` may be made; always another place."""
    if request.param == "gpkg":
        return str(folder / "county.gpkg")
    server: str = request.getfixturevalue("postgis")
    # The account that owns nothing: the walls of row-level security stand in every test.
    return f"{server}?schema=test_{secrets.token_hex(6)}&app={APP}"


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An empty store; a test that takes it runs once for each kind of database."""
    with Store.create(store_url) as made:
        yield made


@pytest.fixture
def gpkg(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a GeoPackage, for tests in which the database does not matter."""
    with Store.create(str(tmp_path / "county.gpkg")) as made:
        yield made


@contextmanager
def listening(app: WSGIApplication, threads: int) -> Iterator[int]:
    """The port of a real server of an app (of anyone's), which ends here.

    Its loop may be asking for a socket at the very moment that this is closed; that it then ends
    with an error is what was meant, and no fault of the test around it.
    """
    server = create_server(app, host="127.0.0.1", port=0, threads=threads)
    ending = threading.Event()

    def serve() -> None:
        try:
            server.run()
        except (OSError, ValueError):
            if not ending.is_set():
                raise

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.effective_port
    finally:
        ending.set()
        server.close()
        end = time.monotonic() + 10
        while thread.is_alive() and time.monotonic() < end:
            for channel in tuple(server.active_channels.values()):
                channel.will_close = True  # a line that a browser keeps would keep the loop alive
            thread.join(0.1)
        server.task_dispatcher.shutdown()
        for channel in tuple(server.active_channels.values()):
            channel.close()
