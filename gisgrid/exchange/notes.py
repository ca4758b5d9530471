"""What is said of a file as a whole: repaired, decided, doubted. One sentence for each code.

`NOTES` holds message ids: pages translate them and put the facts in afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

NOTES: dict[str, str] = {
    "listed_today": "%(count)s new households without listed_on are listed from %(day)s.",
    "made_ids": "%(count)s rows got an id worked out from their content.",
    "shx_rebuilt": "Its index (.shx) was %(problem)s and was made again from the shapes.",
    "shp_length": "The length that its .shp states is wrong; all %(rows)s shapes are there.",
    "salvaged": "%(problem)s: %(saved)s of %(rows)s rows are taken, as you asked.",
    "encoding_contradicts": (
        "It says %(said)s, but its text is %(used)s; it was read as %(used)s "
        "(--encoding says otherwise)."
    ),
    "encoding_unclear": (
        "Its text can be read as %(used)s and as %(other)s; it was read as %(used)s. "
        "Compare the sample rows (--encoding says otherwise)."
    ),
    "text_torn": (
        "%(count)s texts end in the middle of a character; the torn end is left out. "
        "The program that wrote the file cut them."
    ),
    "name_torn": "The name of column %(column)s was cut in the middle of a character.",
    "title_rows": "Its headings stand in row %(row)s; what is above them is left out.",
    "cells_merged": (
        "What a merged range says was put into its other cells, empty in the file: %(count)s."
    ),
    "cells_wide": (
        "Cells merged over several columns were taken for the first of them: %(count)s."
    ),
    "rows_deleted": "%(count)s rows are marked as deleted and were passed over.",
    "number_overflow": "%(column)s: %(count)s cells hold only *, too narrow for their number.",
    "positions_divided": "“%(column)s” was read as longitude and latitude in one cell.",
    "coordinates_text": "%(count)s shapes have coordinates written as text; they were read.",
    "crs_rough": (
        "Its datum (%(crs)s) cannot be brought to WGS 84 to better than %(metres)s m; "
        "compare with the map before you import."
    ),
    "crs_elsewhere": (
        "With %(crs)s it does not lie where the grids on record are; "
        "it would fit as %(candidates)s (--crs)."
    ),
    "axes_swapped": (
        "It lies elsewhere as it stands, and on the grids on record with longitude and latitude "
        "exchanged. Nothing was exchanged; say --swap-axes if the file has them that way round."
    ),
    "axes_reversed": (
        "%(count)s rows have a latitude where the longitude belongs. Nothing was exchanged; "
        "say --swap-axes if the file has them that way round."
    ),
    "axes_exchanged": "Longitude and latitude were exchanged, as you asked.",
    "datum_shifted": (
        "%(share)s %% of the rows fit what is on record if the shift of %(datum)s is taken off "
        "(about %(metres)s m). Nothing was shifted; say --datum %(word)s if the file is shifted."
    ),
}
"""Code -> sentence."""


@dataclass(frozen=True, slots=True)
class Note:
    """One thing said of a file."""

    code: str
    facts: dict[str, Any]

    @property
    def sentence(self) -> str:
        """In English."""
        return NOTES[self.code] % self.facts


def note(code: str, **facts: Any) -> Note:
    """A Note; its code is checked where it is made."""
    if code not in NOTES:
        raise KeyError(code)
    return Note(code, facts)
