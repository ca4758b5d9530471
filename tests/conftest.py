"""What all rooms' tests share: places, and an empty store of each kind of database."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gisgrid.store import Store

REPO = Path(__file__).resolve().parents[1]


def missing(reason: str) -> None:
    """Skip for want of a tool; where CI promises all tools, fail."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


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
    """URL of a PostGIS server of our own, in a folder that is thrown away.

    What it does, to do the same by hand (as root with `sudo -u postgres` before each line):

        sudo apt install postgresql postgresql-postgis
        /usr/lib/postgresql/15/bin/initdb -D /tmp/pg -A trust -U gisgrid
        /usr/lib/postgresql/15/bin/pg_ctl -D /tmp/pg -w -o "-p 54321 -c fsync=off" start
        psql -h localhost -p 54321 -U gisgrid -d postgres -c "CREATE EXTENSION postgis"
    """
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: p.parts[-3])
    controls = list(Path("/usr/share/postgresql").glob("*/extension/postgis.control"))
    if not found or not controls:
        missing("PostGIS is not installed: sudo apt install postgresql postgresql-postgis")
    binaries = found[-1].parent
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="gisgrid-pg-") as folder:
        user: dict[str, Any] = {"cwd": folder}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
            account = pwd.getpwnam("postgres")
            user |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        data, log = f"{folder}/data", f"{folder}/log"
        run = [binaries / "initdb", "-D", data, "-A", "trust", "-U", "gisgrid", "--no-sync"]
        subprocess.run([*run, "-E", "UTF8"], check=True, stdout=subprocess.DEVNULL, **user)
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = [binaries / "pg_ctl", "-D", data, "-l", log, "-w", "-s"]
        subprocess.run([*control, "-o", options, "start"], check=True, **user)
        try:
            url = f"postgresql://gisgrid@127.0.0.1:{port}/postgres"
            psql = [binaries / "psql", "-q", "-d", url, "-c", "CREATE EXTENSION postgis"]
            subprocess.run(psql, check=True, **user)
            yield url
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, **user)


@pytest.fixture(
    params=["gpkg", pytest.param("postgis", marks=pytest.mark.postgis)],
)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store may be made: a path in a new folder, or a new schema of a PostGIS server."""
    if request.param == "gpkg":
        return str(tmp_path / "county.gpkg")
    server: str = request.getfixturevalue("postgis")
    return f"{server}?schema=test_{secrets.token_hex(6)}"


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
