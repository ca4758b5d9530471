"""Files as offices hand them in, made afresh for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import fiona
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]


@pytest.fixture
def text_file(tmp_path: Path) -> Write:
    """`text_file("a.csv", "id,name", encoding="gbk")` -> its path."""

    def write(name: str, text: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.fixture
def shapefile(tmp_path: Path) -> Write:
    """A shapefile of points or polygons with text columns, written by fiona, parts beside it.

    rows: (GeoJSON geometry or None, {column: text}). keep: endings of the parts that stay.
    """

    def write(
        rows: list[tuple[Any, dict[str, str]]],
        *,
        geometry: str = "Point",
        encoding: str = "UTF-8",
        crs: str = "EPSG:4326",
        keep: tuple[str, ...] = (".shp", ".shx", ".dbf", ".prj", ".cpg"),
        language: int | None = None,
    ) -> Path:
        path = tmp_path / "layer.shp"
        schema = {"geometry": geometry, "properties": dict.fromkeys(rows[0][1], "str:60")}
        with fiona.open(
            path, "w", driver="ESRI Shapefile", schema=schema, crs=crs, encoding=encoding
        ) as sink:
            sink.writerecords([{"geometry": g, "properties": p} for g, p in rows])
        if language is not None:
            table = path.with_suffix(".dbf")
            data = bytearray(table.read_bytes())
            data[29] = language
            table.write_bytes(bytes(data))
        for part in tmp_path.glob("layer.*"):
            if part.suffix not in keep:
                part.unlink()
        return path

    return write
