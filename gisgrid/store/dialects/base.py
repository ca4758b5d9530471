"""What a database has to offer the store."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import BindParameter, bindparam, literal

from gisgrid.store.geometry import simple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import numpy.typing as npt
    from sqlalchemy import ColumnElement, Connection, Engine, Index, Table
    from sqlalchemy.types import TypeEngine

    from gisgrid.columns import Floats, Objects
    from gisgrid.errors import GisgridError

    Bounds = tuple[float, float, float, float]
    Keys = Sequence[str] | BindParameter[Any]


class Dialect(ABC):
    """One open database. "Stored" values are as its driver takes and gives them.

    name: gpkg or postgis. url: safe to show (no password). chains_changes: whether a statement may
    take up the rows that another one within it has changed.
    """

    name: str
    url: str
    engine: Engine
    keys_type: TypeEngine[Any]
    chains_changes = False

    # Life ----------------------------------------------------------------------------------------

    @abstractmethod
    def exists(self) -> bool:
        """Whether something is at the place already. Raises StoreFailed when it cannot be seen."""

    @abstractmethod
    @contextmanager
    def creating(self) -> Iterator[Connection]:
        """A connection in which the empty store is laid out: all of it comes to be, or nothing."""

    @abstractmethod
    def open(self) -> None:
        """Connect to what exists. Raises StoreMissing, StoreForeign, StoreFailed."""

    def follow(self) -> None:
        """Keep `counters` at hand while other processes write."""
        return  # a GeoPackage needs no help

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    # Transactions --------------------------------------------------------------------------------

    @abstractmethod
    @contextmanager
    def reading(self, code: str = "") -> Iterator[Connection]:
        """A transaction that sees one state of the store and holds nobody up.

        code: where it is `limited` to, unless that is said within; "": nowhere.
        """

    @abstractmethod
    @contextmanager
    def writing(self, patience: float | None = None) -> Iterator[Connection]:
        """The only writing transaction in all processes; commits at the end, or leaves no trace.

        patience: seconds to wait for the one before; None for the store's own.
        """

    @contextmanager
    def limited(self, connection: Connection, code: str) -> Iterator[None]:  # noqa: ARG002
        """Let the database itself show no row beyond the scope `code` (* for all).

        A second wall: without it a database with accounts shows no row of a layer at all while
        somebody reads, and a GeoPackage, which has none, shows every one.
        """
        yield

    @contextmanager
    def owning(self) -> Iterator[Connection]:
        """`writing`, with the right to change tables."""
        with self.writing() as connection:
            yield connection

    @property
    def may_change_tables(self) -> bool:
        """Whether `owning` may do what it says."""
        return True

    def let_serve(self, account: str) -> bool:  # noqa: ARG002
        """Let an account that owns nothing serve; False where there are no accounts."""
        return False

    @abstractmethod
    def counters(self) -> dict[str, int]:
        """The change counters, as cheaply as can be."""

    @abstractmethod
    def translate(self, error: BaseException) -> GisgridError | None:
        """What a driver's error means to people; None when it is a defect of ours."""

    # Values --------------------------------------------------------------------------------------

    @abstractmethod
    def store_points(self, lon: Floats, lat: Floats) -> list[Any]:
        """Stored points; None where a coordinate is NaN."""

    @abstractmethod
    def store_polygons(self, polygons: Objects) -> list[Any]:
        """Stored MultiPolygons."""

    @abstractmethod
    def load_lonlat(self, stored: Sequence[Any]) -> tuple[Floats, Floats]:
        """Coordinates of stored points, NaN where None."""

    @abstractmethod
    def load_wkb(self, stored: Sequence[Any]) -> Objects:
        """WKB bytes of stored geometries, None where None."""

    def load_geometries(self, stored: Sequence[Any]) -> Objects:
        """Shapely geometries, None where None; a MultiPolygon of one part is a Polygon."""
        found: Objects = shapely.from_wkb(self.load_wkb(stored))
        return simple(found)

    def store_days(self, days: npt.NDArray[np.datetime64]) -> list[Any]:
        """Stored dates, None where NaT. Few days are named by many rows: each is made once."""
        which, distinct = pd.factorize(days, use_na_sentinel=False)
        made = np.array([*self._day_values(distinct), None], dtype=object)[:-1]
        made[np.isnat(distinct)] = None
        stored: list[Any] = made[which].tolist()
        return stored

    @abstractmethod
    def _day_values(self, days: npt.NDArray[np.datetime64]) -> list[Any]: ...

    @abstractmethod
    def store_instants(self, instants: npt.NDArray[np.datetime64]) -> list[Any]:
        """Stored moments of datetime64[ms] in UTC."""

    # Statements ----------------------------------------------------------------------------------

    @abstractmethod
    def insert(
        self,
        connection: Connection,
        table: Table,
        names: list[str],
        rows: Iterable[tuple[Any, ...]],
    ) -> None:
        """Add rows of stored values, as fast as the driver can."""

    @abstractmethod
    def update(
        self, connection: Connection, table: Table, names: list[str], rows: list[tuple[Any, ...]]
    ) -> None:
        """Set `names[1:]` of the rows that `names[0]` names; rows of stored values."""

    @abstractmethod
    def raw(self, connection: Connection, table: Table, names: list[str]) -> Iterable[Any]:
        """All rows of a table as tuples of stored values."""

    @contextmanager
    def plain(
        self, connection: Connection, table: Table, names: list[str]
    ) -> Iterator[Iterator[Any]]:
        """All rows by the table's key, read as they are taken; all but geometry without a dialect.

        Days are text, moments text to the millisecond (types.instant_text), truth is 0 or 1, as a
        GeoPackage has them; geometry is as stored.
        """
        keys = ", ".join(column.name for column in table.primary_key.columns)
        sql = f"SELECT {', '.join(names)} FROM {table.name} ORDER BY {keys}"  # noqa: S608
        driver: Any = connection.connection.driver_connection
        yield iter(driver.execute(sql))

    @abstractmethod
    def raw_among(
        self, connection: Connection, table: Table, names: list[str], keys: list[str]
    ) -> list[Any]:
        """`raw`, of the rows whose `names[0]` is one of `keys`; any number of keys."""

    def among(self, column: ColumnElement[str], keys: Keys) -> ColumnElement[bool]:
        """The condition that `column` is one of `keys`; any number of keys.

        keys: themselves; for a prepared statement the parameter (`given`) that will hold them.
        """
        if isinstance(keys, BindParameter):
            return self._one_of(column, keys)
        return self._one_of(column, literal(self.keys(keys), self.keys_type))

    @abstractmethod
    def _one_of(
        self, column: ColumnElement[str], keys: BindParameter[Any]
    ) -> ColumnElement[bool]: ...

    def given(self, name: str) -> BindParameter[Any]:
        """A parameter of that name for `among`; its value is what `keys` makes."""
        return bindparam(name, type_=self.keys_type)

    def keys(self, keys: Sequence[str]) -> Any:
        """Keys as one value, for a parameter made by `given`."""
        return list(keys)

    @abstractmethod
    def joined(self, column: ColumnElement[Any]) -> ColumnElement[str]:
        """The aggregate of dates run together as text: 2026-11-212026-11-22 and so on."""

    @contextmanager
    def filling(self, connection: Connection, table: Table) -> Iterator[None]:
        """For many rows into an empty table: what can come after them does, so it goes faster."""
        later = [index for index in table.indexes if self.may_wait(index)]
        for index in later:
            index.drop(connection)
        yield
        for index in later:
            index.create(connection)

    def numbers_given(self, connection: Connection, table: Table) -> None:
        """Let the next row number follow the largest, after rows came with theirs."""
        del connection, table  # a GeoPackage sees to it by itself

    def may_wait(self, index: Index) -> bool:
        """Whether a bulk load may drop the index and make it afterwards."""
        return not index.unique

    # What a GIS reads of the layers --------------------------------------------------------------

    @abstractmethod
    def fit_extent(
        self, connection: Connection, table: Table, new: Bounds | None, lost: Bounds | None
    ) -> None:
        """Keep the extent of a layer right: geometries within `new` came, within `lost` went."""

    @abstractmethod
    def note_change(self, connection: Connection, tables: Iterable[str], now: datetime) -> None:
        """Note when the layers were changed last."""

    def copy_to(self, path: Path) -> bool:  # noqa: ARG002
        """Write a compact copy of the file, or answer False where there is no file to copy."""
        return False

    @abstractmethod
    def keep_before(self, step: str, at: Path) -> Path:
        """Copy the state before a step of the schema; the oldest of such copies go.

        at: what a copy is named after that does not lie beside the store (outside.place).
        """

    @abstractmethod
    def sweep(self, tables: Sequence[str]) -> bool:
        """Leave no trace of what was cleared or deleted; False when somebody has to end first.

        tables: those that held it.
        """
