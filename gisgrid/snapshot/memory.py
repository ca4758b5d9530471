"""What was worked out from a snapshot, so that the next one can keep what still holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from gisgrid.snapshot.cache import Cache

if TYPE_CHECKING:
    from gisgrid.columns import Floats, Ints, Objects
    from gisgrid.coverage import CaseState, HouseholdState
    from gisgrid.coverage.sums import Tally
    from gisgrid.snapshot.view import View

_PLANS = 8  # revisions for which placements are kept
_STATES = 12  # days for which every household's state is kept (14 bytes a household each)
_TALLIES = 160  # days for which the counts by place are kept (100 bytes a grid each)
_VIEWS = 64
_SHAPES = 9  # plans as the zooms of a first map draw them


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """What was worked out, so that the next snapshot can keep what still holds."""

    once: Cache[str, Any] = field(default_factory=lambda: Cache(8))
    heirs: Cache[int, Ints] = field(default_factory=lambda: Cache(_PLANS))
    placement: Cache[int, Ints] = field(default_factory=lambda: Cache(_PLANS))
    places: Cache[int, Ints] = field(default_factory=lambda: Cache(_PLANS))
    case_placement: Cache[int, Ints] = field(default_factory=lambda: Cache(_PLANS))
    case_places: Cache[int, Ints] = field(default_factory=lambda: Cache(_PLANS))
    bounds: Cache[int, Floats] = field(default_factory=lambda: Cache(_PLANS))
    shapes: Cache[tuple[int, int, int], Objects] = field(default_factory=lambda: Cache(_SHAPES))
    views: Cache[tuple[str, str | None, int], View] = field(default_factory=lambda: Cache(_VIEWS))
    states: Cache[tuple[int, int], HouseholdState] = field(default_factory=lambda: Cache(_STATES))
    case_states: Cache[int, CaseState] = field(default_factory=lambda: Cache(_STATES))
    tallies: Cache[tuple[int, int], Tally] = field(default_factory=lambda: Cache(_TALLIES))
    case_tallies: Cache[tuple[int, int], Tally] = field(default_factory=lambda: Cache(_TALLIES))

    def after_visits(self, first: int) -> Memory:
        """What still holds when visits were added on the day `first` and later."""
        return replace(
            self,
            states=self.states.kept(lambda key: key[0] < first),
            tallies=self.tallies.kept(lambda key: key[0] < first),
        )

    def after_cases(self) -> Memory:
        """What still holds when cases changed: all that is of households and grids."""
        return Memory(
            once=self.once,
            heirs=self.heirs,
            placement=self.placement,
            places=self.places,
            bounds=self.bounds,
            shapes=self.shapes,
            states=self.states,
            tallies=self.tallies,
        )
