"""The list of erased households beside a store, which outlives the store's own file."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.errors import ErasedListBad
from gisgrid.store.filing import sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

LIST_SUFFIX = ".erased"


def listed(store: Path) -> list[str]:
    """The households on the list beside a store. Raises ErasedListBad."""
    beside = Path(f"{store}{LIST_SUFFIX}")
    return numbers(beside, plain=False) if beside.is_file() else []


def numbers(file: Path, *, plain: bool = True) -> list[str]:
    """The numbers in a list of erased households: a line each, in JSON. Raises ErasedListBad.

    plain: a line may also be the number as it is.
    """
    found = []
    for at, raw in enumerate(file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            line = raw.decode("utf-8").strip()
            if not line:
                continue
            number = line if plain and not line.startswith('"') else json.loads(line)
            if not isinstance(number, str) or any(ord(sign) < 32 for sign in number):
                raise ValueError("no number")
            number.encode("utf-8")  # half of a pair of signs has no bytes
        except (ValueError, RecursionError) as err:
            raise ErasedListBad(file=str(file), line=at) from err
        found.append(number)
    return found


def keep_list(store: Path, ids: Iterable[str]) -> None:
    """Write the list beside a store anew; it appears whole."""
    every = sorted({*ids, *listed(store)})
    if not every:
        return
    beside = Path(f"{store}{LIST_SUFFIX}")
    draft = beside.with_name(f".{beside.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(i, ensure_ascii=False) + "\n" for i in every)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(beside)
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(beside.parent)
