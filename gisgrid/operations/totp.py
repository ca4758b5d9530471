"""One-time codes of a second factor (RFC 6238: SHA-1, 30 seconds, six digits). Pure."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha1
from urllib.parse import quote

SECONDS = 30
DIGITS = 6
AROUND = 1
"""Steps before and after the present one that are taken as well: clocks of phones differ."""


def code(secret: str, step: int, digits: int = DIGITS) -> str:
    """The code of a step. secret: base32.

    >>> code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59 // SECONDS, digits=8)
    '94287082'
    """
    mac = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), sha1).digest()
    at = mac[-1] & 0x0F
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def step_at(seconds: float) -> int:
    """The step of a moment, in seconds since 1970 in UTC."""
    return int(seconds) // SECONDS


def fitting_step(secret: str, given: str, now: int) -> int | None:
    """The step whose code was given, around the step `now`; None for none."""
    found = None
    for step in range(now - AROUND, now + AROUND + 1):
        if hmac.compare_digest(code(secret, step).encode(), given.encode()):
            found = step
    return found


def address(secret: str, name: str) -> str:
    """The otpauth:// address that an authenticator app reads."""
    label = quote(f"gisgrid:{name}", safe=":")
    return f"otpauth://totp/{label}?secret={secret}&issuer=gisgrid"
