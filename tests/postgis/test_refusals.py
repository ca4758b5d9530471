"""What a database refuses is said in one sentence with the cure, and nothing is half-done."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from click.testing import CliRunner

from gisgrid.cli import main
from gisgrid.errors import (
    GisgridError,
    StoreAway,
    StoreDenied,
    StoreExists,
    StoreFull,
    StoreLacksPostgis,
    StoreMissing,
    UnknownWord,
)
from gisgrid.store import Store
from gisgrid.store.dialects.postgis_errors import meaning_of

if TYPE_CHECKING:
    from benchmarks.postgis import Cluster

pytestmark = pytest.mark.postgis

TOLD = {
    "connection failed: fe_sendauth: no password supplied": StoreDenied,
    'FATAL:  password authentication failed for user "app"': StoreDenied,
    'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "app"': StoreDenied,
    'FATAL:  role "app" does not exist': StoreDenied,
    'FATAL:  database "county" does not exist': StoreDenied,
    "FATAL:  the database system is starting up": StoreAway,
    "FATAL:  the database system is shutting down": StoreAway,
    "server closed the connection unexpectedly": StoreAway,
    "could not translate host name": StoreAway,
    "connection timeout expired": StoreAway,
}


@pytest.mark.parametrize("text", sorted(TOLD))
def test_what_fails_before_there_is_a_connection_is_known_by_its_words(text: str) -> None:
    assert type(meaning_of(psycopg.OperationalError(text), "url")) is TOLD[text]


def test_a_replica_says_that_it_is_for_reading() -> None:
    told = "cannot set transaction read-write mode during recovery"
    assert isinstance(meaning_of(psycopg.errors.FeatureNotSupported(told), "url"), StoreFull)


def test_a_defect_of_ours_is_not_blamed_on_the_database() -> None:
    assert meaning_of(psycopg.ProgrammingError("syntax error"), "url") is None
    assert meaning_of(ValueError("no"), "url") is None


def refused(url: str) -> GisgridError:
    with pytest.raises(GisgridError) as raised:
        Store.open(url)
    return raised.value


def test_each_refusal_names_its_cure_and_no_password(postgis: str) -> None:
    base, _, _ = postgis.rpartition("/")
    port = base.rpartition(":")[2]
    closed = base.replace(port, "9").replace("gisgrid@", "gisgrid:very-secret@")
    told = refused(f"{closed}/postgres")
    assert isinstance(told, StoreAway)
    assert "Start the server" in str(told)
    assert "very-secret" not in str(told)
    assert isinstance(refused(f"{base}/nothing_here"), StoreDenied)
    assert isinstance(refused(f"{postgis.replace('gisgrid@', 'nobody@')}"), StoreDenied)
    assert isinstance(refused(f"{postgis}?schema=none_{secrets.token_hex(4)}"), StoreMissing)
    for bad in ("?schema=a-b", "?schema=x;drop", "?app=A B", "?schema=%22x%22"):
        assert isinstance(refused(postgis + bad), UnknownWord)


def test_the_command_line_says_it_in_one_sentence(postgis: str) -> None:
    base, _, _ = postgis.rpartition("/")
    found = CliRunner().invoke(main, ["--store", f"{base}/nothing_here", "coverage"])
    assert found.exit_code == 1
    assert found.stdout == ""
    (line,) = found.stderr.splitlines()
    assert "docs/postgis.md" in line


@pytest.mark.alone
def test_without_postgis_or_rights_nothing_is_made(own_cluster: Cluster) -> None:
    own_cluster.psql("CREATE DATABASE bare")
    own_cluster.psql("CREATE ROLE plain LOGIN")
    own_cluster.psql("GRANT CREATE ON DATABASE bare TO plain")
    url = own_cluster.url.replace("/postgres", "/bare")
    with pytest.raises(StoreLacksPostgis) as raised:
        Store.create(url.replace("gisgrid@", "plain@"))
    assert "CREATE EXTENSION postgis" in str(raised.value)
    with pytest.raises(StoreDenied):  # may make no schema
        Store.create(own_cluster.url.replace("gisgrid@", "plain@"))
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'gisgrid'")
        assert found.fetchone() is None
    Store.create(url).close()
    with pytest.raises(StoreExists):
        Store.create(url)
    _wrong_password(own_cluster, url)


def _wrong_password(cluster: Cluster, url: str) -> None:
    cluster.psql("ALTER ROLE plain PASSWORD 'right'")
    rules = Path(cluster.folder) / "data" / "pg_hba.conf"
    first = "host all plain 127.0.0.1/32 scram-sha-256\n"
    rules.write_text(first + rules.read_text("ascii"), "ascii")
    cluster.stop()
    cluster.start()
    Store.open(url.replace("gisgrid@", "gisgrid:any@")).close()
    told = refused(url.replace("gisgrid@", "plain:wrong@"))
    assert isinstance(told, StoreDenied)
    assert "wrong" not in str(told)
