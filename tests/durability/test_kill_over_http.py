"""The same over HTTP: people work at two servers, both are killed, and every yes was true."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest

from gisgrid.store import Store

from .over_http import come_in, faults
from .test_kill import servers

KINDS = ("visit", "case", "bring_in", "erase")


def killed(
    folder: Path, rounds: int, seed: int, *words: str, longest: float = 1.0
) -> tuple[list[str], list[str]]:
    """Faults, and all that was said yes to, over so many rounds of killing two servers."""
    chance = random.Random(seed)  # noqa: S311
    found: list[str] = []
    with servers(folder, 2, *words) as (store, both):
        crowd = None
        for number in range(rounds):
            for one in both:
                one.order("http")
            for one in both:
                one.wait_ready()
            crowd = crowd or come_in(store, int(both[0].word))
            threads = [t for one in both for t in crowd.work_at(int(one.word))]
            if number % 2 == 0:  # while and after deeds of each kind are done
                crowd.wait_for(KINDS[number // 2 % len(KINDS)])
            time.sleep(chance.random() * longest)  # the random moment
            chance.shuffle(both)
            for one in both:
                one.kill()
                time.sleep(chance.random() * 0.2)  # the other one goes on alone for a while
            for one in both:
                one.rest()
            for thread in threads:
                thread.join(timeout=60)
            found += [f"round {number}: {fault}" for fault in faults(store, crowd.said)]
            found += crowd.failed
            if found:
                break
        assert crowd is not None
        if not found:
            with Store.open(str(store)) as opened:
                assert opened.audit_verify().faults == []
    return found, crowd.said


@pytest.mark.alone
def test_whatever_two_killed_servers_said_yes_to_is_there_and_nothing_half_done(
    tmp_path: Path,
) -> None:
    found, said = killed(tmp_path, 16, 20261126)
    assert found == []
    assert {word.split()[0] for word in said} == set(KINDS)


@pytest.mark.long
def test_two_servers_are_killed_500_times_while_people_work_at_them(tmp_path: Path) -> None:
    found, _ = killed(tmp_path, 500, int(os.environ.get("GISGRID_SEED", "1")))
    assert found == []


@pytest.mark.alone
def test_over_http_too_geopandas_in_the_process_is_found_out(tmp_path: Path) -> None:
    """The known-bad variant."""
    found, _ = killed(tmp_path, 12, 1, "careless", longest=3)
    assert found
