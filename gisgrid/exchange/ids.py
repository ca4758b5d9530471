"""Ids for rows that came without one, the same whenever the same row comes again."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from gisgrid.columns import objects
from gisgrid.model import LAYERS

if TYPE_CHECKING:
    from gisgrid.exchange.parse import Parsed

_NOT_CONTENT = frozenset({"id", "client_id"})
_SEPARATOR = "\x1f"
_DIGITS = 32
"""Hexadecimal: 128 bits, so that two rows never meet by chance."""


def fill_ids(parsed: Parsed, layer: str) -> None:
    """Give each row without an id its `client_id`, else one worked out from its content.

    Only layers whose key is an id: areas and grids have codes that people know. Rows that say the
    same get ids of their own by their count, so that nothing is lost and importing a file twice
    changes nothing.
    """
    if LAYERS[layer].key != "id":
        return
    given = parsed.columns.get("id")
    clients = parsed.columns.get("client_id")
    if given is not None and (layer != "visits" or all(value is not None for value in given)):
        return
    nothing = objects([None] * len(parsed))
    names = [column.name for column in LAYERS[layer].columns if column.name not in _NOT_CONTENT]
    columns: list[Any] = [parsed.columns.get(name, nothing) for name in names]
    if parsed.positions is not None:
        columns += [parsed.positions.lon.tolist(), parsed.positions.lat.tolist()]
    made: list[str] = []
    seen: dict[str, int] = {}
    for index in range(len(parsed)):
        known = None if given is None else given[index]
        if known is None and clients is not None:
            known = clients[index]
        if known is None:
            content = _SEPARATOR.join(
                "" if column[index] is None else str(column[index]) for column in columns
            )
            count = seen[content] = seen.get(content, 0) + 1
            digest = hashlib.sha256(f"{layer} {count} {content}".encode()).hexdigest()
            known = digest[:_DIGITS]
            parsed.made_ids += 1
        made.append(known)
    parsed.columns["id"] = objects(made)
