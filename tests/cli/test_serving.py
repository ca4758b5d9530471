from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import urllib.request
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from gisgrid import allocator
from gisgrid.cli import messages
from gisgrid.cli.context import CliContext
from gisgrid.cli.serving import listen
from gisgrid.model import Programme
from gisgrid.operations.workspace import Workspace
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

GISGRID = [sys.executable, "-c", "from gisgrid.cli import main; main()"]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def test_init_makes_an_empty_store_and_never_over_another(run: Run, tmp_path: Path) -> None:
    url = str(tmp_path / "deep" / "new.gpkg")
    assert run("init", store=url).exit_code == 0
    again = run("init", store=url)
    assert again.exit_code == 1
    assert "already a store" in again.stderr
    assert run("coverage", "--format", "csv", store=url).stdout.splitlines()[1:] == [
        ",(unassigned),0,0,0,0,0,0,,0"
    ]


def test_an_address_open_to_others_is_refused_without_a_proxy(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run("serve", "--host", "192.0.2.1")
    assert found.exit_code == 1
    assert "--behind-proxy" in found.stderr
    monkeypatch.setenv("GISGRID_HOST", "192.0.2.1")
    found = run("demo", store=str(tmp_path / "demo.gpkg"))  # whose links sign anybody in
    assert found.exit_code == 1
    assert "192.0.2.1" in found.stderr
    assert list(tmp_path.glob("demo*")) == []


def test_a_taken_port_is_said_plainly(run: Run) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        found = run("serve", "--port", port)
    assert found.exit_code == 1
    assert f"Port {port} is in use" in found.stderr


def test_what_serves_reads_messages_strictly(url: str) -> None:
    """See tests/cli/test_smuggling.py for what that is."""
    cli = CliContext(overrides={"store": url, "port": free_port()})
    with click.Context(click.Command("serve")):
        _, server = listen(cli)
        server.close()
        assert server.channel_class.parser_class is messages.Parser


def test_columns_are_read_ahead_by_a_thread_that_shares_the_memory_of_all(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    share, ahead = allocator.share_arena, Workspace.load_ahead

    def shared() -> None:
        done.append("shared")
        share()

    def begun(workspace: Workspace) -> None:
        done.append("begun")
        ahead(workspace)

    monkeypatch.setattr(allocator, "share_arena", shared)
    monkeypatch.setattr(Workspace, "load_ahead", begun)
    with click.Context(click.Command("serve")):
        _, server = listen(CliContext(overrides={"store": url, "port": free_port()}))
        server.close()
    assert done[:2] == ["shared", "begun"]


def test_the_demo_serves_no_store_of_real_people(run: Run) -> None:
    found = run("demo")
    assert found.exit_code == 1
    assert "not a demo" in found.stderr


@pytest.mark.alone
def test_the_demo_starts_at_once_when_built_and_each_link_works(url: str) -> None:
    with Store.open(url) as store, store.write() as w:
        w.set_programme(Programme(demo=True))
        w.add_person("Li", "planner", "*")
        w.add_person("Wang", "admin", "*")
    port = free_port()
    with subprocess.Popen(
        [*GISGRID, "--store", url, "demo", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:
        try:
            assert server.stdout
            lines = [server.stdout.readline() for _ in range(2)]
            links = dict(line.split() for line in lines)
            assert set(links) == {"planner", "admin"}
            with urllib.request.urlopen(links["planner"]) as answer:  # noqa: S310 - our own server
                page = answer.read().decode()
            assert re.search(r'<form method="post" action="/enter/', page)
        finally:
            server.terminate()  # as a service manager does
            server.wait(timeout=20)
        assert server.returncode == 0


@pytest.mark.parametrize("name", ["flask", "geopandas", "folium", "sqlalchemy", "pandas", "numpy"])
def test_help_loads_nothing_heavy(name: str) -> None:
    code = f"import sys, gisgrid.cli; sys.exit({name!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "name",
    [
        *("folium", "branca", "requests", "alembic", "duckdb", "dask", "fiona", "pyogrio"),
        *("pyarrow", "openpyxl", "psycopg", "multiprocessing", "gisgrid.demo"),
    ],
)
def test_a_server_answers_before_it_loads_what_comes_later(name: str) -> None:
    """Of a server on a GeoPackage, up to its first answer; folium is for the first map."""
    assert name not in loaded_by_a_server()


@cache
def loaded_by_a_server() -> set[str]:
    code = "import sys, gisgrid.cli, gisgrid.operations.workspace, gisgrid.cli.messages, "
    code += "gisgrid.web.wsgi, gisgrid.store.dialects.gpkg; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(found.stdout.split())


def test_help_names_every_command(run: Run) -> None:
    shown = run("--help", store=None).stdout
    for name in ("demo", "init", "serve", "import", "export", "coverage", "gaps", "cases", "user"):
        assert f"\n  {name}" in shown
