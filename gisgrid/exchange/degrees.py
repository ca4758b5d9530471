"""Degrees as people write them down: `105.05`, `105.05°`, `105°3′12″ E`, `东经105度3分12秒`."""

from __future__ import annotations

import re

_NUMBER = r"\d{1,3}(?:\.\d+)?"
_WRITTEN = re.compile(
    rf"(?P<before>东经|西经|北纬|南纬|[EWNS])?\s*(?P<degrees>{_NUMBER})\s*[°º度]"
    rf"(?:\s*(?P<minutes>{_NUMBER})\s*['′’分]"
    rf"(?:\s*(?P<seconds>{_NUMBER})\s*(?:[\"″”秒]|''|′′|’’))?)?"
    r"\s*(?P<behind>[EWNS东西北南])?",
    re.IGNORECASE,
)
_SIDES = {"lon": ("E东", "W西"), "lat": ("N北", "S南")}
_FULL = 60.0
_NARROW = {0xFEE0 + code: code for code in range(0x21, 0x7F)} | {0x3000: " "}
"""Wide digits and signs, as Chinese keyboards write them, to plain ones."""


def degrees(text: str, column: str) -> float:
    """A cell of the column lon or lat. ValueError for what is no number of degrees of that kind."""
    text = text.translate(_NARROW)
    try:
        return float(text)
    except ValueError:
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise
    parts = [found[name] for name in ("degrees", "minutes", "seconds") if found[name]]
    whole = [float(part) for part in parts]
    if any("." in part for part in parts[:-1]) or any(part >= _FULL for part in whole[1:]):
        raise ValueError(text)
    value: float = sum(part / _FULL**place for place, part in enumerate(whole))
    return value * _side(found["before"], found["behind"], column)


def _side(before: str | None, behind: str | None, column: str) -> int:
    """1 or -1, as the letter says; ValueError for two letters or one of the other direction."""
    said = (before or behind or "").upper()[:1]
    plus, minus = _SIDES[column]
    if (before and behind) or (said and said not in plus + minus):
        raise ValueError(said)
    return -1 if said and said in minus else 1
