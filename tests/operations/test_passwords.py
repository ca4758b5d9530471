"""What a stolen store costs whoever tries passwords on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import argon2
import pytest

from gisgrid.operations import passwords

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_hash_costs_what_the_low_memory_profile_of_rfc_9106_asks(
    dear_hasher: Callable[[], argon2.PasswordHasher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_hasher", dear_hasher)
    stored = passwords.hashed("tractor-lamp-seven-gravel")
    cost = argon2.extract_parameters(stored)
    assert cost.type == argon2.Type.ID
    assert (cost.memory_cost, cost.time_cost, cost.parallelism) == (64 * 1024, 3, 4)
    assert (cost.salt_len, cost.hash_len) == (16, 32)
    assert passwords.fits("tractor-lamp-seven-gravel", stored)
    assert not passwords.fits("tractor-lamp-seven-grave", stored)
