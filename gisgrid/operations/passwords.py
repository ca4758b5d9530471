"""Passwords: the policy, the hash, the check. Nothing here knows who they belong to."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from gisgrid.errors import WeakPassword
from gisgrid.operations.guessable import guessable

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST = 12
"""Shortest password, in characters. Length is what protects; no other rule is asked for."""


def check(password: str, *, name: str) -> None:
    """Raise WeakPassword when `password` is short, built around `name`, or guessed early."""
    plain = normal(password).casefold()
    # The name and ours may stand in it, and count for nothing.
    tries = {plain, plain.replace(name.casefold(), ""), plain.replace("gisgrid", "")}
    short = len(plain) < LEAST or min(map(len, tries)) < LEAST // 2
    if short or any(map(guessable, tries)):
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
