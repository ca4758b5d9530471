"""A draft as a GeoPackage for QGIS, which can come back (file_in.py).

Every grid carries `gisgrid_id`, "draft.version.code": it says what the grid was, whatever becomes
of its code, and goes along when a layer is saved anew. The table `gisgrid_draft` says the same of
the file, with a fingerprint of the grids. The neighbours are there to draw along, not to change.
"""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from gisgrid.columns import objects
from gisgrid.errors import FileIsStore, FileUnwritable
from gisgrid.exchange.outgoing import Form, Outgoing, tidied
from gisgrid.exchange.write_gpkg import write_layers
from gisgrid.operations.auditing import looked, object_of
from gisgrid.operations.importing import is_store
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.certificate import digest
from gisgrid.operations.plans.drafts import found
from gisgrid.operations.plans.telling import editable

if TYPE_CHECKING:
    from pathlib import Path

    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Grid
    from gisgrid.store import Draft

GRIDS, NEIGHBOURS, ABOUT = "grids", "neighbours", "gisgrid_draft"
ID = "gisgrid_id"
LABELS = ("name", "area_code", "member", "visit_every_days")
_SAYS = (
    "Change the layer grids: move edges, split, merge, rename. Then give the file back on the page "
    "of the draft, or with gisgrid plan import. 修改图层 grids，然后在草案页面交回此文件。"
)


def export_draft(ws: Workspace, actor: Actor, draft: int, path: Path) -> Path:
    """Write a draft as it stands to `path` (a file, or a folder); where it lies.

    Only grids that may be changed in it, and their neighbours, within the scope. Raises
    NotAllowed, UnknownDraft, FileIsStore, FileUnwritable.
    """
    row = found(ws, actor, draft)
    desk, drawing = bench(ws), ws.drawings.of(row)
    grids = changeable(desk, actor, row, drawing)
    if path.is_dir():
        path /= file_name(row)
    if is_store(ws, path):
        raise FileIsStore(file=path.name)
    looked(ws, actor, "export", object_of("draft", [str(draft)], version=row.version), len(grids))
    beside = _neighbours(desk, actor, drawing, grids)
    layers = [_layer(row, grids), _beside(beside), _about(ws, row, grids)]
    _put([tidied(layer)[0] for layer in layers], path)
    return path


def _put(layers: list[Outgoing], path: Path) -> None:
    """Write all of a file, or leave what was there."""
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part.gpkg")
    try:
        write_layers(layers, part, Form())
        os.replace(part, path)  # noqa: PTH105 - atomic on all systems
    except OSError as err:
        raise FileUnwritable(file=path.name, problem=os.strerror(err.errno or 0)) from err
    finally:
        part.unlink(missing_ok=True)


def file_name(row: Draft) -> str:
    """`gisgrid_draft_<number>_v<version>.gpkg`."""
    return f"gisgrid_draft_{row.id}_v{row.version}.gpkg"


def changeable(desk: Bench, actor: Actor, row: Draft, drawing: Drawing) -> list[Grid]:
    """The grids of a drawing that may be changed in a draft and are seen, by code."""
    mine, sees = editable(desk, row, drawing), desk.sees(actor, drawing)
    every = (drawing.plan[code] for code in drawing.plan.codes())
    return [grid for grid in every if mine(grid) and sees(grid)]


def _neighbours(desk: Bench, actor: Actor, drawing: Drawing, grids: list[Grid]) -> list[Grid]:
    """Grids that are seen and touch those."""
    if not grids:
        return []
    mine, sees = {grid.code for grid in grids}, desk.sees(actor, drawing)
    shapes = objects([grid.polygon for grid in grids])
    box = tuple(shapely.total_bounds(shapes).tolist())
    near = [drawing.plan[code] for code in drawing.plan.near(box) if code not in mine]
    near = [grid for grid in near if sees(grid)]
    if not near:
        return []
    tree = shapely.STRtree(shapes)
    touching, _ = tree.query(objects([grid.polygon for grid in near]), predicate="intersects")
    return [near[i] for i in np.unique(touching).tolist()]


def _layer(row: Draft, grids: list[Grid]) -> Outgoing:
    columns: dict[str, list[Any]] = {
        ID: [f"{row.id}.{row.version}.{grid.code}" for grid in grids],
        "code": [grid.code for grid in grids],
        **{word: [getattr(grid, word) for grid in grids] for word in LABELS},
    }
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns.items()})
    # A number also where no grid has one.
    frame["visit_every_days"] = frame["visit_every_days"].astype("Int64")
    return Outgoing(GRIDS, frame, objects([g.polygon for g in grids]), "MultiPolygon")


def _beside(grids: list[Grid]) -> Outgoing:
    frame = pd.DataFrame(
        {
            word: pd.Series([getattr(g, word) for g in grids], dtype=object)
            for word in ("code", "name")
        }
    )
    return Outgoing(NEIGHBOURS, frame, objects([g.polygon for g in grids]), "MultiPolygon")


def _about(ws: Workspace, row: Draft, grids: list[Grid]) -> Outgoing:
    said = {
        "draft": row.id,
        "version": row.version,
        "base_revision": row.base_revision,
        "name": row.name,
        "area": row.area_code or "",
        "grids": len(grids),
        "fingerprint": digest(grids),
        "made": ws.clock().isoformat(timespec="seconds"),
        "what to do": _SAYS,
    }
    return Outgoing(
        ABOUT,
        pd.DataFrame({"key": list(said), "value": [str(value) for value in said.values()]}),
    )
