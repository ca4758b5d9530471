"""Passwords: the policy, the hash, the check. Nothing here knows who they belong to."""

from __future__ import annotations

import unicodedata
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid.errors import WeakPassword
from gisgrid.operations.guessable import guessable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from argon2 import PasswordHasher

LEAST = 12
"""Shortest password, in characters. Length is what protects; no other rule is asked for."""


def check(password: str, *, name: str, context: Iterable[str] = ()) -> None:
    """Raise WeakPassword when `password` is short, leaked, guessed early, or built around a word.

    context: words that are near at hand here, such as the names of the programme and its areas.
    """
    plain = normal(password).casefold()
    # They may stand in it, and count for nothing, one by one and all together.
    words = {normal(word).casefold() for word in (name, "gisgrid", *context)} - {""}
    held = sorted((word for word in words if word in plain), key=len, reverse=True)
    tries = {plain, *(plain.replace(word, "") for word in held)}
    bare = plain
    for word in held:
        bare = bare.replace(word, "")
    tries.add(bare)
    short = len(plain) < LEAST or min(map(len, tries)) < LEAST // 2
    if short or any(map(guessable, tries)) or _digest(plain) in _leaked():
        raise WeakPassword(least=LEAST)


def _digest(plain: str) -> str:
    return blake2b(plain.encode("utf-8", "replace"), digest_size=8).hexdigest()


@cache
def _leaked() -> frozenset[str]:
    text = Path(__file__).with_name("leaked_passwords.txt").read_text("ascii")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


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
