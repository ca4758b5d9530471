"""`gisgrid demo` on a database, as on a file: built once, whole or not taken for one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from gisgrid.cli import main
from gisgrid.demo import sources
from gisgrid.demo.build import _in_database
from gisgrid.errors import StoreExists
from gisgrid.model import Programme
from gisgrid.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

pytestmark = pytest.mark.postgis

TOWNSHIP = "620422225"


@pytest.fixture
def url(postgis: str) -> str:
    return f"{postgis}?schema=demo_{secrets.token_hex(4)}"


def demo(url: str) -> Result:
    secret = url.replace("gisgrid@", "gisgrid:very-secret@")
    return CliRunner().invoke(
        main, ["--store", secret, "demo", "--township", TOWNSHIP, "--no-serve"]
    )


def test_a_demo_is_built_in_a_database_that_holds_none(
    url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    def broken_off() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sources, "read", broken_off)
        assert "Building" in demo(url).stderr
    Store.create(url, Programme(demo=True)).close()  # what is left when it is broken off later
    found = demo(url)
    assert found.exit_code == 0
    assert "households" in found.stderr
    assert "very-secret" not in found.output
    again = demo(url)
    assert (again.exit_code, again.output) == (0, "")
    with Store.open(url) as store:
        assert store.counts()["households"] > 1000
        assert store.programme().demo
    assert list(tmp_path.iterdir()) == []


def test_a_store_of_real_people_in_a_database_is_no_place_for_a_demo(url: str) -> None:
    Store.create(url, Programme()).close()
    found = demo(url)
    assert found.exit_code == 1
    assert "not a demo" in found.stderr
    assert "very-secret" not in found.output
    with pytest.raises(StoreExists):
        _in_database(url, Programme(demo=True))
