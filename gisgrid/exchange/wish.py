"""Which of a file's layers is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gisgrid.errors import FileEmpty, LayerChoice, UnknownWord
from gisgrid.exchange.tables import names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def choose(found: Sequence[str], task: Mapping[str, Any], others: Sequence[str] = ()) -> str:
    """The layer that `task["layer"]` names, else the only one, else the one called as our own.

    found: layers that hold something. others: all, so that an empty one can be named as well.
    Raises UnknownWord for a name that is not there, LayerChoice where several could be meant.
    """
    wanted = task.get("layer")
    every = list(others or found)
    if wanted is not None:
        if wanted not in every:
            raise UnknownWord(value=wanted, kind="layer of the file", known=names(every))
        return str(wanted)
    if not found:
        raise FileEmpty(file=task["file"])
    if len(found) == 1:
        return found[0]
    if task.get("our_layer") in found:
        return str(task["our_layer"])
    raise LayerChoice(file=task["file"], layers=names(found))
