"""One export that takes a while: what was asked, how far it is, what came of it, where it lies."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisgrid import errors
from gisgrid.operations.exporting import ExportOptions

if TYPE_CHECKING:
    from gisgrid.errors import GisgridError

NUMBER = re.compile(r"[A-Za-z0-9_-]{32}")
"""What a job is called: nobody can guess one."""
LASTS_SECONDS = 3600.0
"""How long a job is kept after it was asked for."""


@dataclass(frozen=True, slots=True)
class Job:
    """One export. state: waiting | working | done | failed; step: gathering | writing | checking.

    report: of exporting.ExportReport, with `bytes`. error: {name, facts} where it failed. since:
    seconds since 1970 at which it was asked for.
    """

    number: str
    person: int
    role: str
    scope: str
    what: str
    options: dict[str, Any]
    since: float
    state: str = "waiting"
    step: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)

    @property
    def until(self) -> float:
        """When it goes."""
        return self.since + LASTS_SECONDS

    @property
    def wishes(self) -> ExportOptions:
        """What was asked for."""
        told = dict(self.options)
        told["as_of"] = date.fromisoformat(told["as_of"]) if told["as_of"] else None
        return ExportOptions(**{**told, "columns": tuple(told["columns"])})

    @property
    def problem(self) -> GisgridError | None:
        """Why it failed."""
        if not self.error:
            return None
        made: GisgridError = getattr(errors, self.error["name"])(**self.error["facts"])
        return made


def folder_of(store_url: str, what: str = "exports") -> Path:
    """Where the jobs of a store lie: beside its file; of a database, among what is temporary."""
    if "://" not in store_url:
        path = Path(store_url).resolve()
        return path.with_name(f"{path.name}.{what}")
    named = sha256(store_url.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gisgrid-{what}-{named}"
