"""Tables for people in Chinese: what their headings and the words of their values are called.

The pages have the same words from their catalogue; a test holds the two together. An import knows
every heading and every word that is written here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gisgrid.columns import objects
from gisgrid.exchange.headings import heading
from gisgrid.model import UNASSIGNED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from gisgrid.exchange.outgoing import Outgoing

ENGLISH, CHINESE = "en", "zh"
LANGUAGES: tuple[str, ...] = (ENGLISH, CHINESE)
"""Of the headings and words of a table: the names and words of ours, or Chinese."""
SPOKEN = frozenset({"csv", "xlsx"})
"""Formats that people read as they are; programs look for the names of the others."""

_OUTCOMES = {"met": "见到", "no_one_home": "无人在家", "refused": "拒访", "phone": "电话"}
CASE_STATUSES = {"open": "未办结", "closed": "已办结"}
"""The words for a case's status that gisgrid itself writes; any other is somebody's own text."""
WORDS: dict[tuple[str, str], dict[str, str]] = {
    ("areas", "level"): {"county": "县", "township": "乡镇", "village": "村"},
    ("visits", "outcome"): _OUTCOMES,
    ("visits", "flags"): {
        "future": "设备时钟偏快",
        "late": "超过 14 天后才送达",
        "taken_back": "撤回了先前的记录",
    },
    ("gaps", "status"): {"overdue": "逾期", "never": "从未走访"},
    ("gaps", "reason"): _OUTCOMES,
    ("cases", "status"): CASE_STATUSES,
}
"""(layer, column) -> word of ours -> what people read; a value without one stands for itself."""
SHEETS = {
    "areas": "区域",
    "grids": "网格",
    "households": "住户",
    "visits": "走访",
    "cases": "事项",
    "coverage": "各区域走访覆盖",
    "gaps": "走访缺口",
    "case_table": "各区域事项数",
}
_UNASSIGNED = "（未归入网格）"


def headings_in(language: str, layer: str, columns: Iterable[str]) -> dict[str, str]:
    """Column -> how it is headed in a table for people."""
    return {
        name: heading(layer, name)[1] if language == CHINESE else name for name in map(str, columns)
    }


def in_chinese(out: Outgoing) -> Outgoing:
    """`out` with the words of its values in Chinese; its columns keep their names."""
    changed: dict[str, Any] = {}
    for (layer, column), words in WORDS.items():
        if layer == out.name and column in out.frame:
            changed[column] = _said(out.frame[column], words.get)
    if "hidden" in out.frame:  # names of columns
        changed["hidden"] = _said(out.frame["hidden"], lambda names: _names(out.name, names))
    if {"code", "name"} <= set(out.frame) and out.name in {"coverage", "case_table"}:
        nowhere = (out.frame["code"] == "") & (out.frame["name"] == UNASSIGNED)
        changed["name"] = out.frame["name"].mask(nowhere, _UNASSIGNED)
    return replace(out, frame=out.frame.assign(**changed)) if changed else out


def _said(cells: Any, word: Callable[[Any], Any] | Callable[[str], str]) -> Any:
    return objects([(word(cell) or cell) if isinstance(cell, str) else cell for cell in cells])


def _names(layer: str, names: str) -> str:
    return "、".join(heading(layer, name)[1] for name in names.split(", "))


def kept_or_ours(
    told: Iterable[str | None], stored: Iterable[str | None], words: Mapping[str, str]
) -> list[str | None]:
    """Words of a file as ours, where they are Chinese of ours and not stored just as they stand.

    >>> kept_or_ours(["已办结", "已办结", "待查"], ["已办结", None, None], {"closed": "已办结"})
    ['已办结', 'closed', '待查']
    """
    ours = {chinese: word for word, chinese in words.items()}
    return [
        word if word is None or word == held else ours.get(word, word)
        for word, held in zip(told, stored, strict=True)
    ]
