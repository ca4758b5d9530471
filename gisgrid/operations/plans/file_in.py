"""A draft that comes back from QGIS: what the file says of itself, and its grids as rows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.errors import (
    BadEdit,
    FileEmpty,
    FileNotOfDraft,
    LayerChoice,
    RowUnreadable,
    UnknownWord,
)
from gisgrid.exchange.crs import file_crs, named_crs, shapes_to_degrees
from gisgrid.exchange.readers import read
from gisgrid.model import WGS84
from gisgrid.operations.plans.file_out import ABOUT, GRIDS, ID, LABELS
from gisgrid.redraw.returned import Row

if TYPE_CHECKING:
    from pathlib import Path

    from gisgrid.exchange.table import Table
    from gisgrid.redraw import Plan

_ID = re.compile(r"([1-9][0-9]{0,8})\.([1-9][0-9]{0,8})\.(.+)", re.DOTALL)
_WAL = b"\x02"
"""What a GeoPackage has at byte 18 while a program keeps its last changes in a file beside it."""


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """A file that came back.

    draft, version: what it was made of. fingerprint: of the grids then; empty where the table that
    had it is gone. unsaved: whether a program may hold changes beside the file. numbers: of the
    rows, as a person counts them in the file.
    """

    draft: int
    version: int
    fingerprint: str
    unsaved: bool
    rows: list[Row]
    numbers: list[int]


def read_returned(path: Path, name: str) -> Returned:
    """Read a file that export_draft made and another program changed.

    name: what its owner calls it. A layer that was saved anew, as any kind of file that has its
    columns, will do. Raises FileNotOfDraft, RowUnreadable, and the errors of files
    (docs/errors.md).
    """
    table = read(path, name=name, our_layer=GRIDS)
    if table.geometry is None or ID not in table.columns:
        raise FileNotOfDraft(file=name)
    if table.broken:
        raise RowUnreadable(name, table.rows[min(table.broken)], "broken")
    marks = [_ID.fullmatch(str(mark)) if mark is not None else None for mark in table.columns[ID]]
    of = {(int(mark[1]), int(mark[2])) for mark in marks if mark}
    about = _about(path, name)
    if about.get("draft", "").isdigit() and about.get("version", "").isdigit():
        of.add((int(about["draft"]), int(about["version"])))
    if len(of) != 1:  # nothing says it, or grids of several
        raise FileNotOfDraft(file=name)
    ((draft, version),) = of
    rows = _rows(table, [mark[3] if mark else None for mark in marks], name)
    return Returned(
        draft, version, about.get("fingerprint", ""), _unsaved(path), rows, [*table.rows]
    )


def _about(path: Path, name: str) -> dict[str, str]:
    """What the table beside the grids says; nothing where it is gone."""
    try:
        table = read(path, name=name, layer=ABOUT)
    except (FileEmpty, LayerChoice, UnknownWord):
        return {}
    cells = [table.columns.get(word) for word in ("key", "value")]
    if cells[0] is None or cells[1] is None:
        return {}
    return {str(key): str(value) for key, value in zip(*cells, strict=True)}


def _unsaved(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(20)
    return head.startswith(b"SQLite format 3") and head[18:19] == _WAL


def _rows(table: Table, origins: list[str | None], name: str) -> list[Row]:
    system = file_crs(table.crs, file=name) or named_crs(WGS84)
    assert table.geometry is not None  # noqa: S101 - read_returned asked
    shapes = shapes_to_degrees(table.geometry, system, "wgs84")
    labels = [word for word in LABELS if word in table.columns]
    rows = []
    for i, origin in enumerate(origins):
        given = {word: _cell(word, table.columns[word][i]) for word in labels}
        code = table.columns["code"][i] if "code" in table.columns else None
        code = None if code is None else str(code).strip() or None
        rows.append(Row(origin, code, given, _polygon(shapes[i], name, table.rows[i])))
    return rows


def _cell(word: str, value: Any) -> Any:
    if value is None:
        return None
    if word == "visit_every_days":
        text = str(value).strip().removesuffix(".0")
        return int(text) if text.isascii() and text.isdigit() else value
    return str(value).strip() or None


def check_words(file: Returned, base: Plan, name: str) -> None:
    """Raise RowUnreadable for a code or a label that no edit could give.

    base: what the file was made of. What is as it was there may be anything: it came by an import.
    """
    for row, number in zip(file.rows, file.numbers, strict=True):
        was = base[row.origin] if row.origin is not None and row.origin in base else None
        kept = {} if was is None else {w: _cell(w, getattr(was, w)) for w in row.labels}
        given = {w: v for w, v in row.labels.items() if was is None or kept[w] != v}
        code = row.code if was is None or row.code != was.code else None
        try:
            redraw.edit_from_json({"op": "change", "name": None, "code": code or "-", **given})
        except BadEdit as err:
            about = {word: err.facts[word] for word in err.facts if word != "problem"}
            raise RowUnreadable(name, number, **about) from err


def _polygon(shape: Any, name: str, row: int) -> Any:
    if shape is None or shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    raise RowUnreadable(name, row, "no_polygon", shape=shape.geom_type)
