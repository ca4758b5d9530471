"""A PostGIS server of one's own, and `gisgrid serve` on it, for tests and measurements.

What `Cluster` does, to do the same by hand (as root with `sudo -u postgres` before each line):

    sudo apt install postgresql postgresql-postgis
    /usr/lib/postgresql/15/bin/initdb -D /tmp/pg -A trust -U gisgrid
    /usr/lib/postgresql/15/bin/pg_ctl -D /tmp/pg -w -o "-p 54321" start
    psql -h localhost -p 54321 -U gisgrid -d postgres -c "CREATE EXTENSION postgis"
"""

from __future__ import annotations

import http.client
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from benchmarks.server import first_answer, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARIES = "/usr/lib/postgresql"
MEMORY = "/dev/shm"
ROOM = 6 * 1024**3
PASSING = "-c fsync=off -c max_wal_size=256MB"
"""Of a cluster that need not outlive the power."""
APP = "gisgrid_app"
"""An account that owns nothing."""
EXTENSIONS = "/usr/share/postgresql"


def installed() -> bool:
    """Whether there are PostgreSQL and PostGIS on this machine."""
    return bool(list(Path(BINARIES).glob("*/bin/initdb"))) and bool(
        list(Path(EXTENSIONS).glob("*/extension/postgis.control"))
    )


def quick() -> str | None:
    """A folder in memory where there is plenty of it: a store's files are made there in half the
    time, and tests make thousands of them. None for where temporary files go anyway."""
    try:
        told = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(row.split()[1]) for row in told if row.startswith("MemAvailable"))
        return MEMORY if min(free * 1024, shutil.disk_usage(MEMORY).free) > ROOM else None
    except (OSError, StopIteration):
        return None


class Cluster:
    """PostgreSQL in a folder; a superuser gisgrid, a database postgres with PostGIS."""

    def __init__(self, folder: str, *, durable: bool, options: str = "") -> None:
        found = sorted(Path(BINARIES).glob("*/bin/initdb"), key=lambda p: p.parts[-3])
        self.binaries, self.folder = found[-1].parent, folder
        self._user: dict[str, Any] = {"cwd": folder}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
            account = pwd.getpwnam("postgres")
            self._user |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"postgresql://gisgrid@127.0.0.1:{self.port}/postgres"
        self._options = f"-p {self.port} -k {folder} -c listen_addresses=127.0.0.1"
        self._options += " " + options if durable else f" {PASSING} {options}"
        run = ["initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "gisgrid", "-E", "UTF8"]
        self._run(*run, "--no-sync", stdout=subprocess.DEVNULL)

    def _run(self, name: str, *arguments: str, **more: Any) -> None:
        subprocess.run([self.binaries / name, *arguments], check=True, **self._user, **more)

    def _control(self, *arguments: str) -> None:
        data, log = f"{self.folder}/data", f"{self.folder}/log"
        self._run("pg_ctl", "-D", data, "-l", log, "-w", "-s", *arguments)

    def start(self) -> None:
        """Until it takes connections."""
        self._control("-o", self._options, "start")

    def stop(self, mode: str = "fast") -> None:
        """mode: fast breaks all connections; immediate is a crash."""
        self._control("-m", mode, "stop")

    def psql(self, statement: str) -> None:
        """As the superuser."""
        self._run("psql", "-q", "-d", self.url, "-c", statement)


@contextmanager
def cluster(*, durable: bool = False, options: str = "") -> Iterator[Cluster]:
    """A cluster that runs, and is thrown away at the end. options: more for the server."""
    place = None if durable else quick()
    with tempfile.TemporaryDirectory(prefix="gisgrid-pg-", dir=place) as folder:
        made = Cluster(folder, durable=durable, options=options)
        made.start()
        try:
            made.psql("CREATE EXTENSION postgis")
            made.psql(f"CREATE ROLE {APP} LOGIN")
            yield made
        finally:
            made.stop("immediate")


class Serving:
    """One `gisgrid serve` on a store, as a program with a token sees it; ends with the `with`."""

    def __init__(self, url: str, log: Path, secret: str, threads: int = 8) -> None:
        self.port = free_port()
        self._log = log.open("ab")
        environ = {**os.environ, "GISGRID_SECRET_KEY": secret, "GISGRID_THREADS": str(threads)}
        command = [sys.executable, "-m", "gisgrid", "--store", url, "serve"]
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port)], stderr=self._log, env=environ
        )
        try:
            first_answer(f"http://127.0.0.1:{self.port}", time.perf_counter())
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        self._log.close()

    def ask(
        self, token: str, path: str, body: Any = None, method: str = "", **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON of an answer; a connection of its own for each."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Authorization": f"Bearer {token}", **headers}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        try:
            line.request(method or ("GET" if body is None else "POST"), path, content, sent)
            found = line.getresponse()
            text = found.read()
        finally:
            line.close()
        return found.status, json.loads(text) if text[:1] in (b"{", b"[") else text


def new_secret() -> str:
    """A key for cookies, the same for all servers of one store."""
    return secrets.token_urlsafe(48)
