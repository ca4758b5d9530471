"""Weeks of invented rounds: who was met, who was not, and who was left out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gisgrid.columns import day_number
from gisgrid.model import Outcome

if TYPE_CHECKING:
    from datetime import date

    from gisgrid.columns import Bools, Floats, Ints, Objects
    from gisgrid.demo.homes import Homes
    from gisgrid.demo.territory import Territory

WEEKS = 14
"""Twelve weeks, and two before them, so that the first point of a trend stands on full rounds."""

_OUTCOMES: tuple[tuple[str, float], ...] = (
    (Outcome.MET.value, 0.945),
    (Outcome.NO_ONE_HOME.value, 0.032),
    (Outcome.REFUSED.value, 0.005),
    (Outcome.PHONE.value, 0.018),
)
_NEVER = 0.015
"""Share of the households that nobody has met in all the weeks."""


def invent(
    rng: np.random.Generator, land: Territory, homes: Homes, members: Objects, today: date
) -> pd.DataFrame:
    """Layer `visits`, oldest first; the last day is the one before `today`.

    Each member walks the grid from Monday to Friday in the order of the route. Left out are:
    grids whose member is on leave for two weeks, hamlets far up every second or third week, a
    village or two that nobody looks after, and households where nobody is ever at home.
    """
    zone = "Asia/Shanghai"
    chance = _chances(rng, land, homes)
    never = rng.random(len(homes.grid)) < _NEVER
    rounds = [_round(rng, homes, week, chance[week][homes.grid], never) for week in range(WEEKS)]
    rounds += [_second(rng, homes, rounds), _often(rng, homes, rounds)]
    home, day, outcome = (np.concatenate(part) for part in zip(*rounds, strict=True))
    day = day + day_number(first_day(today))
    good = (day < day_number(today)) & (day >= homes.listed[home]) & (day < homes.unlisted[home])
    home, day, outcome = home[good], day[good], outcome[good]
    # From half past eight to half past five, in the order of the route.
    minute = 510 + ((homes.route[home] * 5) % 1 * 500 + rng.integers(0, 40, len(home))).astype(int)
    local = day.astype("datetime64[D]").astype("datetime64[m]") + minute.astype("timedelta64[m]")
    order = np.argsort(local, kind="stable")
    home, outcome, local = home[order], outcome[order], local[order]
    words = np.array([word for word, _ in _OUTCOMES], dtype=object)
    return pd.DataFrame(
        {
            "id": np.array([f"v{i:07d}" for i in range(1, len(home) + 1)], dtype=object),
            "household_id": homes.frame["id"].to_numpy()[home],
            "visited_at": pd.DatetimeIndex(local.astype("datetime64[ms]")).tz_localize(zone),
            "outcome": words[outcome],
            "member": members[homes.grid[home]],
        }
    )


def last_day(visits: pd.DataFrame) -> date:
    """The day on which the calendar of the demo stands still."""
    found: date = visits["visited_at"].iloc[-1].date()
    return found


def first_day(today: date) -> date:
    """Monday of the first of the WEEKS rounds, the last of which is in the week of `today`."""
    return today - timedelta(days=today.weekday() + 7 * (WEEKS - 1))


def _chances(rng: np.random.Generator, land: Territory, homes: Homes) -> Floats:
    """(weeks, grids): the share of a grid's households that its member goes to."""
    grids = len(land.grid_code)
    found = np.clip(rng.normal(0.975, 0.02, grids), 0.8, 1.0)[None].repeat(WEEKS, axis=0)
    away = np.flatnonzero(rng.random(grids) < 0.09)
    start = rng.integers(0, WEEKS, len(away))
    for week in (0, 1):
        rows = start + week < WEEKS
        found[start[rows] + week, away[rows]] = rng.uniform(0, 0.15, int(rows.sum()))
    # Some townships keep to their rounds better than others.
    township = np.unique([code[:9] for code in land.codes[land.village]], return_inverse=True)[1]
    found *= np.clip(rng.normal(0.95, 0.08, int(township.max()) + 1), 0.7, 1.0)[township]
    remote = np.bincount(homes.grid, homes.remote, grids) / np.maximum(
        np.bincount(homes.grid, minlength=grids), 1
    )
    villages = np.unique(land.village)
    # Nobody looks after two villages (one of a single township), which are nobody's favourites.
    for village in rng.choice(villages, min(2, max(1, len(villages) // 10)), replace=False):
        found[5:, land.village == village] *= rng.uniform(0.25, 0.5)
    found[:, remote > 0.7] *= 0.93
    return found


def _round(
    rng: np.random.Generator, homes: Homes, week: int, chance: Floats, never: Bools
) -> tuple[Ints, Ints, Ints]:
    """One week: households, days from the first Monday on, outcomes."""
    count = len(homes.grid)
    turn = np.arange(count) % 3
    far = homes.remote & (rng.random(count) < 0.55)
    skipped = far & (turn != week % 3) & ((turn + 1) % 3 != week % 3)
    gone = np.where(never, 0.3, chance)
    home = np.flatnonzero((rng.random(count) < gone) & ~skipped)
    slot = np.minimum((homes.route[home] * 5).astype(int), 4)
    late = rng.random(len(home))
    slot = np.clip(slot + (late < 0.04) - (late > 0.96), 0, 5)
    outcome = rng.choice(len(_OUTCOMES), len(home), p=[share for _, share in _OUTCOMES])
    outcome[never[home]] = 1
    return home, week * 7 + slot, outcome


def _second(
    rng: np.random.Generator, homes: Homes, rounds: list[tuple[Ints, Ints, Ints]]
) -> tuple[Ints, Ints, Ints]:
    """A day or two after nobody was at home, half of these doors are tried again."""
    home, day, outcome = (np.concatenate(part) for part in zip(*rounds, strict=True))
    again = np.flatnonzero((outcome == 1) & (rng.random(len(home)) < 0.5))
    met = np.where(rng.random(len(again)) < 0.7, 0, 1)
    met_before = np.bincount(home[outcome == 0], minlength=len(homes.grid)) > 0
    met[~met_before[home[again]]] = 1
    return home[again], day[again] + rng.integers(1, 3, len(again)), met


def _often(
    rng: np.random.Generator, homes: Homes, rounds: list[tuple[Ints, Ints, Ints]]
) -> tuple[Ints, Ints, Ints]:
    """Households with an interval of three days are seen a second time in the week."""
    home, day, outcome = (np.concatenate(part) for part in zip(*rounds, strict=True))
    more = np.flatnonzero((homes.every[home] == 3) & (outcome == 0) & (rng.random(len(home)) < 0.9))
    return home[more], day[more] + 3, outcome[more]
