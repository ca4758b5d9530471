"""A shapefile that comes as its parts, one file each: put into one archive, to be kept as one."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any

from gisgrid.errors import FileUnreadable
from gisgrid.exchange.unzip import PARTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import IO

    Save = Callable[[IO[bytes]], Any]
    """Writes a part to where it is to go."""


def packed(parts: Sequence[tuple[str, Save]]) -> tuple[str, Callable[[Path], None]]:
    """What the shapefile of these parts is called as one file, and what writes it.

    Raises FileUnreadable where they are not the parts of one shapefile.
    """
    names = [name for name, _ in parts]
    stems = {name[:-4].casefold() for name in names if name[-4:].lower() in {".shp", ".dbf"}}
    mine = [(name[-4:].lower(), save) for name, save in parts if name[-4:].lower() in PARTS]
    # QGIS and ArcGIS lay more beside it: .qmd, .sbn, .shp.xml.
    known = tuple(f"{stem}." for stem in stems)
    strange = [name for name in names if not name.casefold().startswith(known)]
    if len(stems) != 1 or strange or len({suffix for suffix, _ in mine}) < len(mine):
        raise FileUnreadable(
            file=", ".join(names[:6]),
            problem="several files that are not the parts of one shapefile; choose one at a time",
        )

    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as archive:
            for suffix, save in mine:
                with archive.open(f"data{suffix}", "w", force_zip64=True) as sink:
                    save(sink)

    whole = next(name[:-4] for name in names if name[:-4].casefold() in stems)
    return f"{whole}.zip", write
