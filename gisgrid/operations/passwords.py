"""Passwords: the policy, the hash, the check. Nothing here knows who they belong to."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from gisgrid.errors import WeakPassword

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 12
"""Shortest password, in characters. Length is what protects; no other rule is asked for."""

_WORDS = """
    111111111111 123123123123 1234567890123 123456789012 12345678901234 123456789123
    1q2w3e4r5t6y 1qaz2wsx3edc abcd12345678 abcdefghijkl administrator admin1234567
    adminadminadmin changeme1234 changemechangeme gisgridgisgrid huining123456 iloveyou1234
    letmein12345 monkey123456 onetwothreefour password1234 password12345 password123456
    passwordpassword passw0rd1234 qazwsxedcrfv qwerty123456 qwertyuiop12 qwertyuiop123
    qwertyuiopas qwertyuiop[] welcome12345 woaini123456 woaini520520 woaini1314520
    zaq12wsxcde3 zxcvbnm12345
"""
COMMON: frozenset[str] = frozenset(_WORDS.split())
"""What guessers try first among passwords long enough; the same characters over and over are
refused by rule. Names of the person and of gisgrid are looked for inside the password."""


def check(password: str, *, name: str) -> None:
    """Raise WeakPassword when `password` is short, common, or built around `name`."""
    plain = normal(password).casefold()
    tries = (plain.replace(name.casefold(), ""), plain.replace("gisgrid", ""))
    short = len(plain) < LEAST or min(map(len, tries)) < LEAST // 2
    if short or plain in COMMON or len(set(plain)) < 4:
        raise WeakPassword(least=LEAST)


def normal(password: str) -> str:
    """One spelling for what looks the same, so that any keyboard can enter it (NFKC)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _hasher() -> PasswordHasher:
    # argon2-cffi's default is the low-memory profile of RFC 9106 (64 MiB, 3 passes): 0.1 s here.
    from argon2 import PasswordHasher  # noqa: PLC0415 - reads and figures never need it

    return PasswordHasher()


def hashed(password: str) -> str:
    """The argon2id hash of `password`, salted, with its parameters."""
    return _hasher().hash(normal(password))


@cache
def _nobody() -> str:
    return hashed("a password that nobody has")


def fits(password: str, stored: str | None) -> bool:
    """Whether `password` is the one of `stored`; takes as long when there is none to compare."""
    from argon2.exceptions import Argon2Error, InvalidHashError  # noqa: PLC0415

    try:
        _hasher().verify(stored or _nobody(), normal(password))
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None
