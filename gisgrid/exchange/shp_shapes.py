"""The shapes of a .shp as WKB, group by group: points as they lie, all others put together by GDAL.

Whoever asks has an index beside the .shp that agrees with it (`shp_index`), and nothing else that
GDAL could look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gisgrid.errors import FileUnreadable
from gisgrid.exchange import wire

if TYPE_CHECKING:
    from pathlib import Path

    from gisgrid.columns import Ints
    from gisgrid.exchange.shp_index import Records

_POINTS = frozenset({1, 11, 21})
"""Point, and point with height or measure: x and y come first in all three."""
_WKB_BYTES = 21


class Shapes:
    """Those of the first `count` records. broken: index among the rows taken -> why it has none."""

    def __init__(self, path: Path, records: Records, count: int, file: str) -> None:
        self._path, self._records, self._file = path, records, file
        types = records.types[:count]
        kinds = set(np.unique(types).tolist()) - {0}
        self._points = kinds <= _POINTS and bool((records.words[:count][types != 0] >= 10).all())
        self._taken = 0
        self.broken: dict[int, str] = {}

    def of(self, rows: slice, there: Ints) -> wire.Joined:
        """Of those rows the ones that are `there` (counted from the first of them)."""
        if self._points:
            made = self._as_they_lie(rows.start + there)
        else:
            shapes = self._by_gdal(rows)
            made = wire.joined([shapes[at] for at in there.tolist()])
            stated = self._records.types[rows][there] != 0
            for index in np.flatnonzero(stated & (made[1] == 0)).tolist():
                self.broken[self._taken + index] = "has a shape that cannot be read"
        self._taken += len(there)
        return made

    def _as_they_lie(self, rows: Ints) -> wire.Joined:
        """A mark of the byte order, the kind, x and y."""
        rows_given = self._records.types[rows] != 0
        shp = np.memmap(self._path, np.uint8, "r")
        wkb = np.zeros((int(rows_given.sum()), _WKB_BYTES), np.uint8)
        wkb[:, 0] = wkb[:, 1] = 1
        wkb[:, 5:] = shp[self._records.offsets[rows[rows_given], None] + 12 + np.arange(16)]
        return wkb.tobytes(), np.where(rows_given, _WKB_BYTES, 0)

    def _by_gdal(self, rows: slice) -> list[bytes | None]:
        import pyogrio.errors  # noqa: PLC0415 - half a second that points do not need
        import pyogrio.raw  # noqa: PLC0415

        wanted = rows.stop - rows.start
        try:
            _, _, shapes, _ = pyogrio.raw.read(
                self._path, columns=[], skip_features=rows.start, max_features=wanted
            )
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError) as err:
            said = (str(err).splitlines() or [""])[0][:200]
            raise FileUnreadable(file=self._file, why="damaged", said=said) from err
        if len(shapes) != wanted:
            read = rows.start + len(shapes)
            counts = {"shapes": len(self._records), "read": read}
            raise FileUnreadable(file=self._file, why="not_all", **counts)
        return list(shapes)
