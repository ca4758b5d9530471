"""A dialect that looks past an argument is found out, whichever argument it is."""

from __future__ import annotations

import inspect
import secrets
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sqlalchemy import BindParameter, Text, literal, text

from benchmarks.postgis import APP
from gisgrid.store import Store
from gisgrid.store.dialects import dialect_of
from gisgrid.store.dialects.base import Dialect
from gisgrid.store.schema import areas, grids

from .conftest import Town
from .dialect_laws import HASTE, LAWS, Ground, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

METHODS = {
    name: list(inspect.signature(method).parameters)[1:]
    for name, method in vars(Dialect).items()
    if inspect.isfunction(method)
}
ARGUMENTS = [(name, argument) for name, taken in METHODS.items() for argument in taken]

UNUSED = {
    # A GeoPackage has no accounts, counts its rows by itself, checks no row against an index
    # that is not there, is swept as a whole, and has its copies beside it.
    "gpkg": {
        ("reading", "code"),
        ("limited", "connection"),
        ("limited", "code"),
        ("let_serve", "account"),
        ("numbers_given", "connection"),
        ("numbers_given", "table"),
        ("may_wait", "index"),
        ("sweep", "tables"),
        ("keep_before", "at"),
    },
    # PostGIS works out extents by itself, tells no more than that something changed, and is copied
    # by the server's own tools.
    "postgis": {
        ("fit_extent", "connection"),
        ("fit_extent", "table"),
        ("fit_extent", "new"),
        ("fit_extent", "lost"),
        ("note_change", "tables"),
        ("note_change", "now"),
        ("copy_to", "path"),
    },
}
"""What a database has no use for. That it has none is asserted as well."""


def _no_keys(keys: Any, dialect: Dialect) -> Any:
    none = [] if not isinstance(keys, BindParameter) else dialect.keys([])
    return none if not isinstance(keys, BindParameter) else literal(none, dialect.keys_type)


def _another_column(column: Any, _dialect: Dialect) -> Any:
    return next(c for c in column.table.c if c.name != column.name and isinstance(c.type, Text))


WRONG: dict[str, Callable[[Any, Dialect], Any]] = {
    "at": lambda given, _: given.with_name("another"),
    "account": lambda _given, _: APP,
    "code": lambda _given, _: "*",
    "column": _another_column,
    "days": lambda given, _: given[::-1],
    "error": lambda _given, _: ValueError("another"),
    "index": lambda given, _: next(i for i in given.table.indexes if i.unique != given.unique),
    "instants": lambda given, _: given[::-1],
    "keys": _no_keys,
    "lat": lambda given, _: np.zeros_like(given),
    "lon": lambda given, _: np.zeros_like(given),
    "lost": lambda _given, _: None,
    "name": lambda _given, _: "another",
    "names": lambda given, _: sorted(given),
    "new": lambda _given, _: None,
    "now": lambda given, _: given - timedelta(days=1),
    "path": lambda given, _: given.with_name("another.gpkg"),
    "patience": lambda _given, _: None,
    "polygons": lambda given, _: given[::-1],
    "rows": lambda _given, _: [],
    "step": lambda _given, _: "0001",
    "stored": lambda given, _: given[::-1],
    "table": lambda given, _: areas if given is grids else grids,
    "tables": lambda _given, _: [],
}
"""argument -> what stands in its place for a dialect that does not look at it."""


@contextmanager
def elsewhere(dialect: Dialect, given: Connection) -> Iterator[Connection]:
    """A connection of its own, outside the transaction of the one that was given."""
    with dialect.engine.connect().execution_options(gisgrid_begin="DEFERRED") as other:
        if dialect.name == "postgis":
            other.exec_driver_sql("BEGIN")
            other.execute(text("SELECT set_config('gisgrid.scope', '*', true)"))
            other.execute(text(f"SET LOCAL lock_timeout = {int(HASTE * 1000)}"))
        other.info.update(given.info)
        try:
            yield other
        finally:
            other.rollback()


@contextmanager
def without(dialect: Dialect, method: str, argument: str) -> Iterator[None]:
    """The dialect does not look at the argument of the method."""
    work = getattr(dialect, method)
    wanted = inspect.signature(getattr(Dialect, method))
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:

        def broken(*given: Any, **named: Any) -> Any:
            bound = wanted.bind(dialect, *given, **named)
            value = bound.arguments.get(argument)
            if argument == "connection":
                bound.arguments[argument] = stack.enter_context(elsewhere(dialect, value))
            elif argument in bound.arguments:
                bound.arguments[argument] = WRONG[argument](value, dialect)
            return work(*bound.args[1:], **bound.kwargs)

        patch.setattr(dialect, method, broken)
        yield


@pytest.fixture(scope="module")
def opened(
    module_store_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Dialect, Dialect]]:
    """The small county, by who serves and by who owns it."""
    with Store.create(module_store_url) as store:
        Town().fill(store)
    served = owned = dialect_of(module_store_url, patience=HASTE)
    if served.name == "postgis":
        owned = dialect_of(module_store_url.replace(f"&app={APP}", ""), patience=HASTE)
    for dialect in (served, owned):
        dialect.open()
    yield served, owned
    for dialect in (served, owned):
        dialect.close()


@pytest.fixture
def ground(
    opened: tuple[Dialect, Dialect], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    role = f"law_{secrets.token_hex(4)}"
    if opened[1].name == "postgis":
        with opened[1].owning() as connection:
            connection.execute(text(f"CREATE ROLE {role}"))
    yield Ground(*opened, role, tmp_path_factory.mktemp("free"))
    with opened[1].reading() as connection:  # what is broken leaves nothing for the next
        assert {code for code, _ in rows_of(connection, areas)} == {"1", "11", "12", "111"}


def test_every_method_that_takes_something_has_a_law() -> None:
    assert {name for name, taken in METHODS.items() if taken} == set(LAWS)
    assert {argument for _, argument in ARGUMENTS} == {*WRONG, "connection"}
    assert set().union(*UNUSED.values()) <= set(ARGUMENTS)


@pytest.mark.parametrize("law", sorted({law.__name__ for law in LAWS.values()}))
def test_a_dialect_as_it_is_keeps_the_laws(ground: Ground, law: str) -> None:
    for found in {kept for kept in LAWS.values() if kept.__name__ == law}:
        found(ground)


@pytest.mark.parametrize(("method", "argument"), ARGUMENTS)
def test_a_dialect_that_ignores_an_argument_breaks_a_law(
    ground: Ground, method: str, argument: str
) -> None:
    unused = (method, argument) in UNUSED[ground.served.name]
    with ExitStack() as stack:
        for dialect in {id(d): d for d in (ground.served, ground.owned)}.values():
            stack.enter_context(without(dialect, method, argument))
        if unused:
            LAWS[method](ground)
            return
        with pytest.raises((Exception, pytest.fail.Exception)):
            LAWS[method](ground)
