"""What other processes do in the tests: `python workers.py VERB URL …`."""

from __future__ import annotations

import sys
import time
from typing import Any

import pandas as pd

from gisgrid.access import EVERYWHERE
from gisgrid.store import Store


def visit(number: str, household: str = "h1") -> pd.DataFrame:
    """One visit, which the number makes different from the others."""
    return pd.DataFrame(
        {
            "id": [number],
            "household_id": [household],
            "visited_at": pd.to_datetime(["2026-11-05T01:00:00Z"]),
            "outcome": ["met"],
        }
    )


def add(url: str, prefix: str, count: str) -> None:
    """Add visits, one transaction each, and say each number once it is kept."""
    with Store.open(url) as store:
        say("ready")
        for i in range(int(count)):
            with store.write() as w:
                w.put_visits(visit(f"{prefix}{i}"))
            say(f"{prefix}{i}")


def rename(url: str, count: str) -> None:
    """Give all households the same new name, again and again; each time all or none."""
    with Store.open(url) as store:
        homes = store.households(scope=EVERYWHERE)
        say("ready")
        for i in range(int(count)):
            with store.write() as w:
                w.put_households(homes.assign(name=f"n{i}"))
                w.put_visits(visit(f"n{i}"))
            say(f"n{i}")


def hold(url: str, seconds: str) -> None:
    """Hold the right to write."""
    with Store.open(url) as store, store.write() as w:
        w.put_visits(visit("held"))
        say("ready")
        time.sleep(float(seconds))


def say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    verbs: dict[str, Any] = {"add": add, "rename": rename, "hold": hold}
    verbs[sys.argv[1]](*sys.argv[2:])
