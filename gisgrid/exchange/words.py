"""Words of files in English and Chinese that mean one of our fixed words."""

from __future__ import annotations

from gisgrid.exchange.fields import plain
from gisgrid.model import LEVELS, Outcome

_OUTCOMES: dict[Outcome, tuple[str, ...]] = {
    Outcome.MET: (
        *("met", "visited", "seen", "yes", "home", "见到", "已见到", "已访", "已走访", "在家"),
        *("入户", "已入户", "见面", "成功"),
    ),
    Outcome.NO_ONE_HOME: (
        *("no_one_home", "no one home", "nobody home", "not at home", "absent", "无人", "不在家"),
        *("无人在家", "家中无人", "未见到", "未遇", "外出"),
    ),
    Outcome.REFUSED: ("refused", "declined", "拒绝", "拒访", "被拒"),
    Outcome.PHONE: ("phone", "phone call", "telephone", "called", "电话", "电话走访", "电话联系"),
}
_LEVELS: dict[str, tuple[str, ...]] = {
    "county": ("county", "district", "县", "区", "县级", "县区", "区县", "县级市", "旗"),
    "township": (
        *("township", "town", "subdistrict", "乡", "镇", "乡镇", "街道", "乡级", "乡镇街道"),
        *("镇街", "办事处"),
    ),
    "village": (
        *("village", "community", "村", "社区", "行政村", "居委会", "村委会", "村级", "村社区"),
        *("嘎查",),
    ),
}

OUTCOMES: dict[str, str] = {
    plain(word): outcome.value for outcome, words in _OUTCOMES.items() for word in words
}
"""plain word -> outcome."""
LEVEL_WORDS: dict[str, str] = {
    plain(word): level for level, words in _LEVELS.items() for word in words
}
"""plain word -> level."""

CLOSED_WORDS = ("closed", "done", "resolved", "已办结", "办结", "结案", "已完成", "完成", "关闭")
"""Beginnings of a status that says that a case is over."""

KNOWN: dict[str, tuple[dict[str, str], tuple[str, ...]]] = {
    "outcome": (OUTCOMES, tuple(outcome.value for outcome in Outcome)),
    "level": (LEVEL_WORDS, LEVELS),
}
"""kind of column -> its words, and our own for the cure."""
