"""Whether a password is of those that guessers try first: made of few common pieces.

No list of passwords that leaked is shipped. The set is made by rules: at most three pieces, each a
common word (common_words.txt: English, pinyin, names, brands; letters may be written as digits and
signs), a walk over the keyboard, a series, a year or date, the number of a telephone, up to four
digits, or a single letter; any of them repeated, with signs between. It holds far more than the
3,000 that are asked for (ASVS 5.0, 6.2.4).
"""

from __future__ import annotations

import itertools
import re
from functools import cache
from pathlib import Path

PIECES = 3
"""So many common pieces or fewer are guessed."""
LONGEST = 64
"""What is longer than this is judged by its beginning."""
REPEATED = 6
"""A password that repeats something shorter than this is no longer than that."""

_ROWS = (
    ("`1234567890-=", 0.0),
    ("qwertyuiop[]\\", 1.5),
    ("asdfghjkl;'", 1.75),
    ("zxcvbnm,./", 2.25),
)
_KEYS = {
    key: (offset + x, float(y))
    for y, (row, offset) in enumerate(_ROWS)
    for x, key in enumerate(row)
}
_PAD = {
    key: (float(x), float(y))
    for y, row in enumerate(("789", "456", "123"))
    for x, key in enumerate(row)
}
_WRITTEN_AS = str.maketrans("013457@$!|9", "oieastasilg")
_AS_L = str.maketrans("1!", "ll")
_YEAR = r"(?:19|20)\d\d"
_MONTH_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_DATE = re.compile(rf"{_YEAR}(?:{_MONTH_DAY})?|\d\d{_MONTH_DAY}|{_MONTH_DAY}(?:{_YEAR})?")
_DIGITS = re.compile(r"\d{1,4}|1[3-9]\d{9}|(\d)\1*|(\d\d)\2+|(\d\d\d)\3+")
_SIGN = re.compile(r"[^\w]|_")


def guessable(plain: str) -> bool:
    """Whether a password, in small letters, is made of few common pieces."""
    unit = _unit(plain[:LONGEST])
    return len(unit) < REPEATED or _pieces(unit) <= PIECES


def _unit(plain: str) -> str:
    """What `plain` repeats, the last time perhaps cut short; itself where it repeats nothing."""
    for size in range(1, len(plain) // 2 + 1):
        if all(plain[i] == plain[i % size] for i in range(size, len(plain))):
            return plain[:size]
    return plain


def _pieces(plain: str) -> int:
    """The least number of common pieces that make up `plain`; many where none do."""
    many = len(plain) + 1
    least = [0] + [many] * len(plain)
    for end in range(1, len(plain) + 1):
        for start in range(end):
            if least[start] < least[end]:
                cost = _cost(plain, start, end)
                least[end] = min(least[end], least[start] + cost if cost is not None else many)
    return least[-1]


def _cost(plain: str, start: int, end: int) -> int | None:
    """0 for a sign and for what was said just before, 1 for a common piece, None for others."""
    part = plain[start:end]
    if (len(part) == 1 and _SIGN.match(part)) or (len(part) > 1 and plain[:start].endswith(part)):
        return 0
    return 1 if _is_common(part) else None


@cache
def _is_common(part: str) -> bool:
    if len(part) == 1 or _DIGITS.fullmatch(part) or _DATE.fullmatch(part):
        return True
    if len(part) < 3:
        return part in _words()
    as_letters = part.translate(_WRITTEN_AS)
    spelled = {part, as_letters, part.translate(_AS_L).translate(_WRITTEN_AS)}
    return bool(spelled & _words()) or _walks(part, _KEYS) or _walks(part, _PAD) or _series(part)


def _walks(part: str, keys: dict[str, tuple[float, float]]) -> bool:
    """Whether each key lies beside the one before."""
    at = [keys.get(key) for key in part]
    return all(
        a and b and abs(a[0] - b[0]) <= 1.5 and abs(a[1] - b[1]) <= 1
        for a, b in itertools.pairwise(at)
    )


def _series(part: str) -> bool:
    """Letters or digits in their order, forwards or backwards."""
    steps = {ord(b) - ord(a) for a, b in itertools.pairwise(part)}
    return steps in ({1}, {-1}) and part.isalnum()


@cache
def _words() -> frozenset[str]:
    text = Path(__file__).with_name("common_words.txt").read_text("utf-8")
    lines = (line.partition("#")[0] for line in text.splitlines())
    return frozenset(word for line in lines for word in line.split())
