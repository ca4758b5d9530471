"""Attributes of a layer's features: every distinct value once, and which one each feature has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisgrid.tiles import wire

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from gisgrid.columns import Ints, Objects

_DENSE = 1 << 16
"""Widest range of whole numbers that is numbered by a table instead of by sorting."""


@dataclass(frozen=True, slots=True, eq=False)
class Tags:
    """keys: names of the attributes. index: for each, the number of each feature's value.

    values: the table of values as bytes, in the order of the numbers.
    """

    keys: list[str]
    index: list[npt.NDArray[np.uint32]]
    values: bytes

    @classmethod
    def of(
        cls, numbers: Mapping[str, Ints], texts: Mapping[str, Objects], ids: Objects | None = None
    ) -> Tags:
        """From attributes in columns of one length (not 0): whole numbers, and strings.

        ids: the attribute `id`, another for each feature, so that nobody looks for equal ones.
        """
        index: list[npt.NDArray[np.uint32]] = []
        values, count = b"", 0
        if numbers:
            columns = np.stack([np.asarray(c, dtype=np.int64) for c in numbers.values()])
            which, distinct = _distinct(columns)
            index, values, count = list(which), wire.uint_values(distinct), len(distinct)
        for column in texts.values():
            codes, words = pd.factorize(column)
            index.append((codes + count).astype(np.uint32))
            values += wire.text_values(np.asarray(words, dtype=object))
            count += len(words)
        keys = [*numbers, *texts]
        if ids is not None:
            index.append(np.arange(count, count + len(ids), dtype=np.uint32))
            values += wire.text_values(ids)
            keys.append("id")
        return cls(keys, index, values)


def _distinct(columns: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.uint32], Ints]:
    """The number of each value among the distinct ones, and those, ascending."""
    low, high = int(columns.min()), int(columns.max())
    if high - low < _DENSE:
        seen = np.zeros(high - low + 1, dtype=bool)
        seen[columns - low] = True
        rank = np.cumsum(seen, dtype=np.uint32) - np.uint32(1)
        return rank[columns - low], np.flatnonzero(seen) + low
    distinct, which = np.unique(columns, return_inverse=True)
    return which.reshape(columns.shape).astype(np.uint32), distinct
