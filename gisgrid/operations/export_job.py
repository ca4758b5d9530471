"""One export that takes a while: what was asked, how far it is, what came of it, where it lies."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from gisgrid.access.fields import BY_HOUSEHOLD
from gisgrid.operations import beside
from gisgrid.operations.exporting import ExportOptions

if TYPE_CHECKING:
    from gisgrid.errors import GisgridError


@dataclass(frozen=True, slots=True)
class Job:
    """One export. state: waiting | working | done | failed; step: gathering | writing | checking.

    report: of exporting.ExportReport, with `bytes`. error: {name, facts} where it failed. since:
    seconds since 1970 at which it was asked for. mark: Store.erasure_mark when rows were gathered.
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
    mark: str = ""

    @property
    def until(self) -> float:
        """When it goes."""
        return self.since + beside.LASTS_SECONDS

    def may_hold_erased(self, mark: str) -> bool:
        """Whether somebody may stand in its file who is erased by now. mark: of the store now."""
        return self.mark not in ("", mark) and self.what in BY_HOUSEHOLD

    @property
    def wishes(self) -> ExportOptions:
        """What was asked for."""
        told = dict(self.options)
        told["as_of"] = date.fromisoformat(told["as_of"]) if told["as_of"] else None
        return ExportOptions(**{**told, "columns": tuple(told["columns"])})

    @property
    def problem(self) -> GisgridError | None:
        """Why it failed."""
        return beside.error_of(self.error)
