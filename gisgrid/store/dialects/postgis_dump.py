"""A copy of a database's schema before a step, by PostgreSQL's own pg_dump."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

from gisgrid.errors import StoreUndumped
from gisgrid.store import backup, outside

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL


def keep_before(address: URL, schema: str, step: str, at: Path, shown: str) -> Path:
    """Write a dump, read it again from end to end, and only then let it have its name.

    at: of `outside.place`. shown: the address without its password. Raises StateUnwritable;
    StoreUndumped where there is no pg_dump that can, or no room.
    """
    outside.make_ready(at.parent)

    def take(_: Path, path: Path) -> None:
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            _run(
                ["pg_dump", "--format=custom", f"--schema={schema}", f"--file={draft}"],
                shown,
                address,
            )
            _run(["pg_restore", f"--file={os.devnull}", str(draft)], shown)
            backup.publish(draft, path)
        except OSError as err:
            raise StoreUndumped(url=shown, problem=err.strerror or str(err)) from err
        finally:
            draft.unlink(missing_ok=True)

    return backup.keep_before(outside.dumps(at), step, take)


def _run(command: list[str], shown: str, address: URL | None = None) -> None:
    """Run one of the server's tools. address: of the database, for those that ask it."""
    environ = dict(os.environ)
    if address is not None:
        from psycopg.conninfo import make_conninfo  # noqa: PLC0415 - an extra, and slow to load

        known: dict[str, Any] = address.translate_connect_args(username="user", database="dbname")
        password = known.pop("password", None)
        if password is not None:  # on the command line every account of the machine could read it
            environ["PGPASSWORD"] = str(password)
        command = [*command, f"--dbname={make_conninfo(**{**address.query, **known})}"]
    try:
        done = subprocess.run(command, env=environ, capture_output=True, check=False)  # noqa: S603
    except OSError as err:
        problem = f"{command[0]} cannot be run: {err.strerror}"
        raise StoreUndumped(url=shown, problem=problem) from err
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise StoreUndumped(url=shown, problem=said[-1] if said else f"{command[0]} failed")
