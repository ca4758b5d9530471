"""A working day's load on a server of its own: members record, supervisors look, planners plan.

`python -m benchmarks.load [--store PATH] [--seconds N]` copies a demo store, starts `gisgrid serve`
on it at 127.0.0.1, lets 50 members, 10 supervisors and 5 planners work, each at times of its own,
and prints what they saw. Then it counts: every visit that was answered with 201 is in the store,
once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.demo_store import USUAL, demo_store
from benchmarks.server import first_answer, free_port, memory_mb, processor_s
from gisgrid.access import CONSOLE, EVERYWHERE
from gisgrid.operations import people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

MEMBERS, SUPERVISORS, PLANNERS = 50, 10, 5
VISIT_EVERY_S = 50 / 170
"""Between two visits of a member, on the average: 170 visits a second in all."""
LOOK_EVERY_S, PLAN_EVERY_S = 2.0, 2.0
COUNTY = ("/api/v1/overview", "/tiles/grids/9/405/201.mvt", "/tiles/townships/9/405/201.mvt")
LOOK = (*COUNTY, "/api/v1/coverage?by=township", "/api/v1/gaps?limit=100", "/api/v1/case-table")
PLAN = (*COUNTY, "/api/v1/coverage?by=grid", "/")


@dataclass
class Seen:
    """What the clients saw. took: kind -> seconds. codes: status -> answers."""

    took: dict[str, list[float]] = field(default_factory=dict)
    codes: Counter[int] = field(default_factory=Counter)
    kept: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    seconds: float = 0.0
    processor: float = 0.0

    def note(self, kind: str, seconds: float, status: int, what: str) -> None:
        self.took.setdefault(kind, []).append(seconds)
        self.codes[status] += 1
        if status >= 500:
            self.failed.append(f"{status} {what}")

    def p95(self, kind: str) -> float:
        """Milliseconds within which 95 of 100 were answered."""
        return float(np.percentile(self.took[kind], 95) * 1000)

    def rate(self, kind: str) -> float:
        return len(self.took[kind]) / self.seconds


class Client:
    """One browser: a connection that stays open, a cookie, a token."""

    def __init__(self, port: int) -> None:
        self.port, self.cookie, self.token = port, "", ""
        self.stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, bytes]:
        if self.stream is None:
            self.stream = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.stream
        head = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: 127.0.0.1"]
        head += [f"Cookie: {self.cookie}"] if self.cookie else []
        if body is not None:
            head += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
            head += [f"X-CSRFToken: {self.token}"]
        writer.write("\r\n".join([*head, "", ""]).encode() + (body or b""))
        await writer.drain()
        status, headers = await self._head(reader)
        length = int(headers.get("content-length", "0"))
        content = await reader.readexactly(length) if status != 304 else b""
        if headers.get("connection") == "close":
            writer.close()
            self.stream = None
        return status, content

    async def _head(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                self.cookie = value.partition(";")[0]
            headers[name.lower()] = value
        return int(lines[0].split()[1]), headers

    async def enter(self, path: str) -> None:
        page = (await self.ask(path))[1].decode()
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page[:300]
        form = f"csrf_token={found[1]}".encode()
        status, _ = await self.ask(path, form, "application/x-www-form-urlencoded")
        assert status == 303, status
        self.token = json.loads((await self.ask("/api/v1/me"))[1])["csrf"]


async def by_chance(
    every: float, until: float, chance: random.Random, deed: Callable[[], Awaitable[None]]
) -> None:
    """Do `deed` every so many seconds on the average, as people come who do not know each other.

    At one fixed pace, clients that were once held up together wake together from then on: after a
    minute the visits of 20 ms had a variance of nine times their mean, where people have one.
    """
    next_at = time.perf_counter()
    while True:
        next_at = max(next_at + chance.expovariate(1 / every), time.perf_counter())
        if next_at >= until:
            return
        await asyncio.sleep(next_at - time.perf_counter())
        await deed()


async def member(client: Client, homes: list[str], seen: Seen, chance: random.Random) -> None:
    sent = {
        "client_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "household": chance.choice(homes),
        "outcome": "met",
        "visited_at": datetime.now(UTC).isoformat(),
    }
    began = time.perf_counter()
    status, _ = await client.ask("/api/v1/visits", json.dumps(sent).encode(), "application/json")
    seen.note("visit", time.perf_counter() - began, status, "/api/v1/visits")
    if status == 201:
        seen.kept.append(str(sent["client_id"]))


async def look(client: Client, paths: tuple[str, ...], seen: Seen, chance: random.Random) -> None:
    path = chance.choice(paths)
    began = time.perf_counter()
    status, _ = await client.ask(path)
    kind = "county map" if path in COUNTY else "other reading"
    seen.note(kind, time.perf_counter() - began, status, path)


async def work(port: int, links: dict[str, list[Any]], seconds: float, pid: int) -> Seen:
    seen, chance = Seen(), random.Random(7)
    clients = {name: [(Client(port), *more) for more in found] for name, found in links.items()}
    for client, link, *_ in (c for group in clients.values() for c in group):
        await client.enter(link)
    for path in (*LOOK, *PLAN):  # a server that has just started loads its figures
        if clients["supervisor"]:
            await clients["supervisor"][0][0].ask(path)
    until = time.perf_counter() + seconds
    tasks = [
        by_chance(VISIT_EVERY_S, until, chance, lambda c=c, h=h: member(c, h, seen, chance))
        for c, _, h in clients["member"]
    ]
    for name, every, paths in (("supervisor", LOOK_EVERY_S, LOOK), ("planner", PLAN_EVERY_S, PLAN)):
        tasks += [
            by_chance(every, until, chance, lambda c=c, p=paths: look(c, p, seen, chance))
            for c, _ in clients[name]
        ]
    tasks.append(by_chance(seconds / 20, until, chance, lambda: remember(pid, seen)))
    began, spent = time.perf_counter(), processor_s(pid)
    await asyncio.gather(*tasks)
    seen.seconds, seen.processor = time.perf_counter() - began, processor_s(pid) - spent
    for client in (c for group in clients.values() for c, *_ in group):
        if client.stream is not None:
            client.stream[1].close()
            await client.stream[1].wait_closed()
    return seen


async def remember(pid: int, seen: Seen) -> None:
    seen.memory.append(memory_mb(pid)["VmRSS"])


def prepare(store: Path, looking: tuple[int, int]) -> dict[str, list[Any]]:
    """A link for each of those who will work; members with the households of their grid."""
    links: dict[str, list[Any]] = {"member": [], "supervisor": [], "planner": []}
    with Workspace.open(Settings(store=str(store))) as ws:
        homes = ws.store.households(scope=EVERYWHERE)
        homes = homes[homes["placed_in"].notna() & homes["unlisted_on"].isna()]
        grids = homes.groupby("placed_in")["id"].apply(list)
        for n, (grid, ids) in enumerate(list(grids.items())[:MEMBERS]):
            people.add(ws, CONSOLE, f"Member {n}", role="member", scope=str(grid))
            links["member"].append((f"/enter/{people.make_link(ws, CONSOLE, f'Member {n}')}", ids))
        for role, count in zip(("supervisor", "planner"), looking, strict=True):
            for n in range(count):
                people.add(ws, CONSOLE, f"{role} {n}", role=role, scope="*")
                link = people.make_link(ws, CONSOLE, f"{role} {n}")
                links[role].append((f"/enter/{link}",))
    return links


def load(
    source: Path,
    folder: Path,
    seconds: float,
    looking: tuple[int, int] = (SUPERVISORS, PLANNERS),
) -> tuple[Seen, list[str]]:
    """What was seen, and the acknowledged visits that are not in the store exactly once."""
    store = folder / "load.gpkg"
    subprocess.run(["cp", str(source), str(store)], check=True)
    links = prepare(store, looking)
    port = free_port()
    command = [sys.executable, "-m", "gisgrid", "--store", str(store), "serve", "--port", str(port)]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as server:
        try:
            first_answer(f"http://127.0.0.1:{port}", time.perf_counter())
            seen = asyncio.run(work(port, links, seconds, server.pid))
        finally:
            server.terminate()
            server.wait(timeout=60)
    with Store.open(str(store)) as opened:
        rows = Counter(opened.visits(scope=EVERYWHERE)["client_id"].dropna())
    return seen, [number for number in seen.kept if rows[number] != 1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default=str(USUAL))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--only-visits", action="store_true", help="nobody looks or plans")
    asked = parser.parse_args()
    looking = (0, 0) if asked.only_visits else (SUPERVISORS, PLANNERS)
    with demo_store(asked.store) as source, tempfile.TemporaryDirectory() as folder:
        seen, lost = load(source, Path(folder), asked.seconds, looking)
    print(
        f"{MEMBERS} members, {looking[0]} supervisors, {looking[1]} planners, "
        f"{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}"
    )
    for kind in seen.took:
        median = float(np.median(seen.took[kind]) * 1000)
        print(
            f"{kind:<14} {seen.rate(kind):7.1f} a second, median {median:6.1f} ms, "
            f"95 % within {seen.p95(kind):6.1f} ms"
        )
    answers = sum(seen.codes.values())
    print(
        f"server         {seen.processor / seen.seconds:.2f} of a core, "
        f"{seen.processor * 1000 / answers:.2f} ms of the processor an answer"
    )
    print("memory        ", *(f"{m:.0f}" for m in seen.memory), "MB, each twentieth of the time")
    print(f"answers {dict(seen.codes)}; of {len(seen.kept)} visits acknowledged, {len(lost)} lost")
    return int(bool(seen.failed or lost))


if __name__ == "__main__":
    sys.exit(main())
