"""What is asked for: dates, words, areas, households."""

from __future__ import annotations

from gisgrid.errors.base import GisgridError


class BadDate(GisgridError):
    code = "bad_date"
    sentence = "“%(value)s” is not a date; write it as year-month-day, for example 2026-11-22."


class DayToCome(GisgridError):
    """A day after today: figures of it would be guesses that look like facts."""

    code = "day_to_come"
    sentence = "%(day)s is still to come; choose a day up to %(today)s."


class UnknownWord(GisgridError):
    """A value outside a fixed list (level, outcome, format, layer, query argument …)."""

    code = "unknown_word"
    sentence = "“%(value)s” is not a known %(kind)s; use one of: %(known)s."


class UnknownArea(GisgridError):
    """Also raised for an area outside the scope: the answer must not tell the two apart."""

    code = "unknown_area"
    sentence = "There is no area or grid “%(area)s” that you may see; check its code."


class UnknownFeature(GisgridError):
    """Also raised for a layer or feature outside the scope."""

    code = "unknown_feature"
    sentence = "There is no layer or feature “%(id)s” that you may see; check its id."


class UnknownHousehold(GisgridError):
    """Also raised for a household outside the scope: the answer must not tell the two apart."""

    code = "unknown_household"
    sentence = "There is no household “%(household)s” that you may see; check its number."


class FrameError(GisgridError):
    code = "bad_frame"
    sentence = "%(what)s: %(problem)s."
