"""Column types: one schema for both databases.

GeoPackage readers know a short list of type names only (and drop a column of any other without a
word), so each type here says its name in both languages.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, UserDefinedType

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""`fid`: the 64-bit row number that GeoPackage asks of every table."""


class Whole(TypeDecorator[int]):
    """A 32-bit integer; a plain INTEGER of a GeoPackage has 64 bits and shows so in a GIS."""

    impl = Integer
    cache_ok = True


@compiles(Whole, "sqlite")
def _whole_in_gpkg(_type: Whole, _compiler: Any, **_: Any) -> str:
    return "MEDIUMINT"


class Geometry(UserDefinedType[Any]):
    """A geometry column, EPSG:4326, longitude first.

    kind: POINT or MULTIPOLYGON. Values pass as they are stored: whole columns are turned to and
    from shapely at once (gisgrid.store.dialects), which is far faster than one by one.
    """

    cache_ok = True

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_col_spec(self, **_: Any) -> str:
        """The type's name in a GeoPackage."""
        return self.kind


@compiles(Geometry, "postgresql")
def _geometry_in_postgis(type_: Geometry, _compiler: Any, **_: Any) -> str:
    return f"geometry({type_.kind},4326)"


_WIDTH = len("2026-11-22T08:00:00.000Z")


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, to the millisecond. Takes and gives aware datetimes."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text that sorts by time in a GeoPackage, else the database's own type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuses a naive datetime: it would be a guess about a time zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(UTC)
        return instant_text(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Always in UTC, whatever the session's time zone."""
        if value is None:
            return None
        # Years before 1000 were once written without their zeros.
        moment: datetime = (
            datetime.fromisoformat(value.zfill(_WIDTH)) if dialect.name == "sqlite" else value
        )
        return moment.astimezone(UTC)


@compiles(Instant, "sqlite")
def _instant_in_gpkg(_type: Instant, _compiler: Any, **_: Any) -> str:
    return "DATETIME"


def instant_text(moment: datetime) -> str:
    """A moment in UTC as GeoPackage writes it: 2026-11-22T08:00:00.000Z."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
