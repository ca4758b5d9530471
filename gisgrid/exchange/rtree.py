"""A spatial index as SQLite's R-tree keeps it, built whole instead of box by box.

SQLite takes 3 µs and more for each box; sorted and packed at once all of them take a tenth. The
form of the nodes is fixed ("R*Trees", sqlite.org/rtree.html): depth and number of cells, two bytes
each, then cells of a 64-bit number and four 32-bit floats, all with the high byte first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import sqlite3

    from gisgrid.columns import Floats, Ints

_CELLS = 51
"""Of one node: the most that SQLite puts into one at pages of 4096 bytes."""
_CELL = np.dtype([("id", ">i8"), ("box", ">f4", (4,))])
_NODE_BYTES = 4 + _CELLS * _CELL.itemsize


def fill(base: sqlite3.Connection, name: str, ids: Ints, boxes: Floats) -> None:
    """Put boxes (x least, x most, y least, y most) into the empty R-tree `name`."""
    if not len(ids):
        return
    cells = _cells(ids, _outward(boxes))
    cells = cells[_order(cells["box"])]
    level, first = 0, 2  # number 1 is the root's
    while len(cells) > _CELLS:
        nodes = np.arange(first, first + -(-len(cells) // _CELLS))
        _write(base, name, nodes.tolist(), cells)
        _point_up(base, name, cells["id"], np.repeat(nodes, _CELLS)[: len(cells)], level)
        cells = _cells(nodes, _around(cells["box"]))
        level, first = level + 1, first + len(nodes)
    _write(base, name, [1], cells, depth=level)
    _point_up(base, name, cells["id"], np.ones(len(cells), dtype=np.int64), level)


def _cells(ids: Ints, boxes: Any) -> Any:
    cells = np.empty(len(ids), dtype=_CELL)
    cells["id"], cells["box"] = ids, boxes
    return cells


def _outward(boxes: Floats) -> Any:
    """In 32 bits, and no side within the true box."""
    near = boxes.astype(np.float32)
    near[:, ::2] = np.where(near[:, ::2] > boxes[:, ::2], _next(near[:, ::2], -1), near[:, ::2])
    near[:, 1::2] = np.where(near[:, 1::2] < boxes[:, 1::2], _next(near[:, 1::2], 1), near[:, 1::2])
    return near


def _next(values: Any, way: int) -> Any:
    return np.nextafter(values, np.float32(way * np.inf))


def _order(boxes: Any) -> Any:
    """Columns of boxes from west to east, each from south to north: near ones share a node."""
    x, y = boxes[:, 0] + boxes[:, 1], boxes[:, 2] + boxes[:, 3]
    columns = max(1, int(np.sqrt(len(boxes) / _CELLS)))
    column = np.empty(len(boxes), dtype=np.int64)
    column[np.argsort(x, kind="stable")] = np.arange(len(boxes)) * columns // len(boxes)
    return np.lexsort((y, column))


def _around(boxes: Any) -> Any:
    """The box around each node's cells."""
    starts = np.arange(0, len(boxes), _CELLS)
    least, most = (pick.reduceat(boxes, starts, axis=0) for pick in (np.minimum, np.maximum))
    return np.column_stack([least[:, 0], most[:, 1], least[:, 2], most[:, 3]])


def _write(
    base: sqlite3.Connection, name: str, nodes: list[int], cells: Any, depth: int = 0
) -> None:
    """Nodes of one level, filled in order; only the root says how deep the tree is."""
    data = cells.tobytes()
    step = _CELLS * _CELL.itemsize
    rows = []
    for at, node in enumerate(nodes):
        body = data[at * step : (at + 1) * step]
        head = depth.to_bytes(2, "big") + (len(body) // _CELL.itemsize).to_bytes(2, "big")
        rows.append((node, (head + body).ljust(_NODE_BYTES, b"\0")))
    base.executemany(f'INSERT OR REPLACE INTO "{name}_node" VALUES (?, ?)', rows)  # noqa: S608


def _point_up(base: sqlite3.Connection, name: str, ids: Any, nodes: Any, level: int) -> None:
    """Where each cell lies: rows in leaves, nodes in their parents."""
    table = f"{name}_parent" if level else f"{name}_rowid"
    order = np.argsort(ids, kind="stable")
    pairs = zip(ids[order].tolist(), nodes[order].tolist(), strict=True)
    base.executemany(f'INSERT INTO "{table}" VALUES (?, ?)', pairs)  # noqa: S608
