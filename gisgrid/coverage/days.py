"""Calendar days: a day is a day of the programme's calendar, wherever the server stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from gisgrid.errors import FrameError

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

    from gisgrid.columns import Objects


def local_day(moment: datetime, zone: tzinfo) -> date:
    """The calendar day of an instant in `zone`.

    moment: with its offset (UTC in the store). Raises FrameError for one without: the day would be
    a guess about the server.
    """
    if moment.tzinfo is None:
        raise FrameError(what=str(moment), problem="the instant lacks its offset from UTC")
    return moment.astimezone(zone).date()


def local_days(moments: pd.Series[pd.Timestamp], zone: tzinfo) -> Objects:
    """`local_day` of many instants (datetime64 with UTC); datetime.date, None where NaT."""
    stamps = pd.DatetimeIndex(moments)
    if stamps.tz is None:
        raise FrameError(what=str(moments.name), problem="the instants lack their offset from UTC")
    days: Objects = stamps.tz_convert(zone).date
    days[stamps.isna()] = None
    return days
