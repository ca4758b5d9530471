"""From a household's id to its row, kept up when rows come, go and move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.columns import Ints, Objects

MOST_NEW = 10_000
"""Ids beside the index; with more of them a new index is worth its time."""


class OneLook:
    """`Ids` for who asks for some rows once: a walk through all ids, and no index is made."""

    def __init__(self, ids: Objects) -> None:
        self._ids = ids

    def get_indexer(self, wanted: Iterable[Any]) -> Ints:
        """The row of each wanted id, -1 for none."""
        names = list(wanted)
        some = set(names)
        row = {name: i for i, name in enumerate(self._ids) if name in some}
        return np.fromiter((row.get(name, -1) for name in names), np.int32, len(names))


@dataclass(frozen=True, slots=True)
class Ids:
    """An index of ids that was made once, and where its rows are now.

    Making one takes a third of a second for a million ids; a household that moves changes none.
    row: of each id of the index, -1 where it is gone. new: rows of ids that the index lacks.
    """

    index: pd.Index[Any]
    row: Ints | None = None
    new: dict[str, int] = field(default_factory=dict)
    size: int = 0

    @classmethod
    def of(cls, ids: Objects) -> Ids:
        """An index of ids in their order."""
        return cls(pd.Index(ids, dtype=object), size=len(ids))

    def __len__(self) -> int:
        return self.size

    def get_indexer(self, wanted: Iterable[Any]) -> Ints:
        """The row of each wanted id, -1 for none."""
        names = pd.Index(wanted, dtype=object)
        found: Ints = self.index.get_indexer(names).astype(np.int32)
        if self.row is not None:
            found = np.where(found >= 0, self.row[found], np.int32(-1)).astype(np.int32)
        if self.new:
            for i in np.flatnonzero(found < 0):
                found[i] = self.new.get(names[i], -1)
        return found

    def moved(self, ids: Objects, before: Ints) -> Ids:
        """The index for a new order: row i was row before[i], -1 where it is new."""
        new = np.flatnonzero(before < 0)
        if len(new) + len(self.new) > MOST_NEW or len(self.index) == 0:
            return Ids.of(ids)
        now = np.full(self.size + 1, -1, dtype=np.int32)  # one more: -1 stays -1
        old = np.flatnonzero(before >= 0)
        now[before[old]] = old
        row = now[: self.size] if self.row is None else now[self.row]
        beside = {name: int(now[at]) for name, at in self.new.items() if now[at] >= 0}
        beside |= {ids[i]: int(i) for i in new}
        return Ids(self.index, row, beside, len(ids))
