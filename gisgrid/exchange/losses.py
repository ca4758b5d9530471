"""What a format could not keep: one rule for each kind of loss, said wherever an export is shown.

`RULES` holds message ids: pages translate them and put the facts in afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gisgrid.exchange.losses_chinese import CHINESE

RULES: dict[str, str] = {
    "name_short": "%(column)s is called %(short)s; fields.csv gives the full name.",
    "text_cut": (
        "%(column)s: %(count)s texts longer than %(limit)s bytes are cut; "
        "not_kept.csv holds them whole."
    ),
    "text_control": "%(column)s: marks that no file can hold are spaces in %(count)s rows.",
    "text_edges": "%(column)s: spaces at the end of %(count)s texts are lost.",
    "text_empty": "%(column)s: %(count)s empty texts cannot be told from no text.",
    "date_time": (
        "%(column)s: a moment is text in UTC, such as 2026-11-22T01:30:00Z; "
        "a date field has no time."
    ),
    "date_midnight": "%(column)s: a day stands as its midnight; this format has no days.",
    "date_early": (
        "%(column)s: %(count)s days before March 1900 are text; a sheet has no such days."
    ),
    "truth": "%(column)s: true is 1, false is 0.",
    "number_empty": ("%(column)s: %(count)s rows have no number; some programs show them as 0."),
    "number_text": (
        "%(column)s: whole numbers of more than 15 digits are text, because programs round them."
    ),
    "number_exponent": "%(column)s: %(count)s numbers are written with an exponent.",
    "number_not_finite": "%(column)s: %(count)s values that are no number are left empty.",
    "parts": "The rows are divided into %(count)s files, each below 2 GB.",
    "no_shapes": "Polygons do not fit into this format and are left out.",
    "digits": "Positions are rounded to seven decimals, about a centimetre.",
}
"""Rule -> sentence."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One rule applied. column: None for the file as a whole; count: rows that it met."""

    rule: str
    facts: dict[str, Any]

    @property
    def sentence(self) -> str:
        """In English."""
        return RULES[self.rule] % self.facts

    @property
    def chinese(self) -> str:
        """The same in Chinese."""
        return CHINESE[self.rule] % self.facts

    def to_json(self) -> dict[str, Any]:
        """As reports carry it: rule, sentence, facts."""
        return {"rule": self.rule, "sentence": self.sentence, "facts": self.facts}


def loss(rule: str, column: str | None = None, count: int = 0, **facts: Any) -> Loss:
    """A Loss with its facts in one order."""
    named = {} if column is None else {"column": column}
    return Loss(rule, named | {"count": count} | facts)
