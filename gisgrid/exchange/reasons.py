"""Why a row is refused, and what to do: one table, so that every way in says the same.

`reason` and `cure` are message ids: pages translate them and put the facts in afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REASONS: dict[str, tuple[str, str]] = {
    "unreadable": ("It %(problem)s.", "Mend the row and import again."),
    "missing": ("%(column)s is empty.", "Fill it in."),
    "too_long": (
        "%(column)s has more than %(limit)s characters.",
        "Shorten it.",
    ),
    "not_text": (
        "%(column)s holds a character that is no text.",
        "Type the text again; some program damaged it.",
    ),
    "rounded_code": (
        "%(column)s “%(value)s” was rounded by a spreadsheet.",
        "Format the column as text and enter the codes again.",
    ),
    "sum_row": (
        "%(column)s “%(value)s” stands for a sum of the rows above.",
        "Take the row out, or leave refused rows out.",
    ),
    "dots_code": (
        "%(column)s “%(value)s” cannot stand in the address of a page.",
        "Give it another code.",
    ),
    "bad_number": (
        "%(column)s “%(value)s” is not a whole number above 0.",
        "Write a number of days, or leave it empty.",
    ),
    "unknown_word": (
        "%(column)s “%(value)s” is not known.",
        "Use one of: %(known)s.",
    ),
    "bad_date": (
        "%(column)s “%(value)s” is not a date written as %(format)s.",
        "Write it as the others, or name the format of the dates with --date-format.",
    ),
    "date_in_future": ("%(column)s %(value)s lies in the future.", "Correct the date."),
    "date_too_early": ("%(column)s %(value)s lies before %(earliest)s.", "Correct the date."),
    "dates_reversed": (
        "%(later)s %(b)s lies before %(earlier)s %(a)s.",
        "Correct one of the dates.",
    ),
    "duplicate": (
        "%(column)s “%(value)s” stands in row %(first)s too.",
        "Keep one of the rows, or give each its own.",
    ),
    "half_position": (
        "The position has only one of longitude and latitude.",
        "Fill in both, or leave both empty.",
    ),
    "bad_position": (
        "%(column)s “%(value)s” is not a number.",
        "Write degrees as a number such as 105.0534, or leave both empty.",
    ),
    "zero_position": (
        "The position is (0, 0), a place in the sea off Africa.",
        "Enter the true position, or leave it empty.",
    ),
    "swapped_position": (
        "The position %(x)s, %(y)s has latitude where longitude should be.",
        "Exchange the two, or have it done for all rows with --swap-axes.",
    ),
    "position_out_of_range": (
        "The position %(x)s, %(y)s does not lie on Earth in %(crs)s.",
        "Correct it, or name the coordinate system of the file with --crs.",
    ),
    "wrong_shape": (
        "The shape is a %(found)s, not a %(needed)s.",
        "Choose the layer that holds one %(needed)s per row.",
    ),
    "no_shape": ("The grid has no shape.", "Draw its boundary, or take the row out."),
    "ambiguous_shape": (
        "The inside of the boundary is unclear near %(lon)s, %(lat)s (%(problem)s).",
        "Mend the boundary there.",
    ),
    "unknown_area": (
        "%(column)s “%(value)s” is an unknown area.",
        "Import the area first, or correct the code.",
    ),
    "no_area": (
        "The grid names no area, and would be counted in none.",
        "Fill in area_code with the code of its village or township.",
    ),
    "bad_id": (
        "%(column)s “%(value)s” holds a character that an address cannot have.",
        "Use letters, digits, hyphens and dots.",
    ),
    "code_of_scope": (
        "“%(value)s” is a grid that an account is limited to, which would see the whole area.",
        "Give the area another code, or limit the account to something else first.",
    ),
    "unknown_parent": (
        "parent_code “%(value)s” is neither in the file nor in the store.",
        "Add the area above, or correct the code.",
    ),
    "parent_not_above": (
        "The area lies in “%(value)s”, which is not of a higher level.",
        "Correct the level or parent_code.",
    ),
    "parent_cycle": ("The area lies within itself through parent_code.", "Correct parent_code."),
    "unknown_household": (
        "There is no household “%(value)s”.",
        "Import the household first, or correct its number.",
    ),
    "erased": (
        "“%(value)s” was erased at somebody's request.",
        "Take the row out; a household that came back gets a number of its own.",
    ),
    "outside_scope": (
        "The row lies outside the area that you serve.",
        "Take it out, or ask someone who serves that area to import it.",
    ),
    "visit_differs": (
        "A visit “%(value)s” is stored already with other content.",
        "Visits are never changed: give this one an id of its own.",
    ),
    "overlap": (
        "Grids %(a)s and %(b)s overlap by %(area_m2)s m² near %(lon)s, %(lat)s.",
        "Mend the boundary there; up to %(limit_m2)s m² is cleaned by itself.",
    ),
    # Not refused, but told:
    "outside_every_grid": (
        "“%(value)s” lies in no grid; it is counted as unassigned.",
        "Check its position, or the boundary of the grid.",
    ),
    "outside_if_swapped": (
        "“%(value)s” lies in no grid, but would with longitude and latitude exchanged.",
        "Check which is which; --swap-axes exchanges them for all rows.",
    ),
    "of_erased": (
        "“%(value)s” belongs to an erased household; its texts and its position are left out.",
        "Take them out of the file too.",
    ),
    "closed_without_day": (
        "Case “%(value)s” says “%(status)s” but has no closed_on; it is counted as open.",
        "Fill in closed_on.",
    ),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row and why. row: as Table.rows."""

    row: int
    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """The sentence in English."""
        return REASONS[self.code][0] % self.facts

    @property
    def cure(self) -> str:
        """What to do, in English."""
        return REASONS[self.code][1] % self.facts

    def to_json(self) -> dict[str, Any]:
        """As reports carry it: row, code, reason, cure, facts."""
        return {
            "row": self.row,
            "code": self.code,
            "reason": self.reason,
            "cure": self.cure,
            "facts": self.facts,
        }


class Faults:
    """Refusals by row index while a table is worked on; the first reason of a row stands."""

    def __init__(self) -> None:
        self._found: dict[int, tuple[str, dict[str, Any]]] = {}

    def add(self, index: int, code: str, **facts: Any) -> None:
        """Refuse the row at `index`, unless it is refused already."""
        self._found.setdefault(int(index), (code, facts))

    def __contains__(self, index: int) -> bool:
        return index in self._found

    def __len__(self) -> int:
        return len(self._found)

    def count(self, code: str) -> int:
        """How many rows are refused for that reason."""
        return sum(found == code for found, _ in self._found.values())

    @property
    def indexes(self) -> list[int]:
        """Indexes of the refused rows, ascending."""
        return sorted(self._found)

    def refusals(self, rows: Any) -> list[Refusal]:
        """In order of rows. rows: row number by index."""
        return [Refusal(int(rows[i]), *self._found[i]) for i in self.indexes]
