"""The server on the demo county: seconds to its first answer, and memory, by the kernel's account.

`python -m benchmarks.server [--store PATH]`: starts `gisgrid demo` on a store that exists, signs in
as the supervisor, asks for the county, its townships and a few hundred tiles, and reads
/proc/PID/status (Linux only).
"""

from __future__ import annotations

import argparse
import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from benchmarks.demo_store import USUAL, demo_store

START_BUDGET_S = 3.0
USERS = {"PYTHONDONTWRITEBYTECODE": ""}
"""As Python is where nobody said otherwise: a module is compiled at its first start, then kept."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory_mb(pid: int) -> dict[str, float]:
    """Resident set now and at its highest."""
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    return {
        name: int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) / 1024  # type: ignore[index]
        for name in ("VmRSS", "VmHWM")
    }


def processor_s(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def first_answer(base: str, started: float) -> float:
    while time.perf_counter() - started < 60:
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=5):
                return time.perf_counter() - started
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    raise SystemExit("the server did not answer within a minute")


def enter(link: str) -> urllib.request.OpenerDirector:
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(jar)
    page = browser.open(link).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]  # type: ignore[index]
    browser.open(link, data=f"csrf_token={token}".encode()).read()
    return browser


def first_map(browser: urllib.request.OpenerDirector, base: str) -> None:
    """The page of a whole county and what its map shows first."""
    browser.open(f"{base}/").read()
    for layer in ("outlines", "townships"):
        for x, y in ((202, 100), (202, 101), (203, 100), (203, 101)):
            browser.open(f"{base}/tiles/{layer}/8/{x}/{y}.mvt").read()


def look_around(browser: urllib.request.OpenerDirector, base: str) -> int:
    """A supervisor's morning: every township of the county, and tiles from far to near."""
    addresses = ["/api/v1/overview", "/api/v1/coverage?by=grid", "/api/v1/gaps?limit=100"]
    for zoom in range(8, 15):
        x, y = int(1620 * 2 ** (zoom - 11)), int(804 * 2 ** (zoom - 11))
        for layer in ("outlines", "grids", "households", "cases"):
            addresses += [
                f"/tiles/{layer}/{zoom}/{x + i}/{y + j}.mvt" for i in range(3) for j in range(3)
            ]
    for address in addresses:
        browser.open(base + address).read()
    return len(addresses)


@dataclass(frozen=True)
class Seen:
    """Of one start: seconds by the clock, and of the processor until the first map; megabytes."""

    answered: float
    mapped: float
    worked: float
    resident: float
    highest: float
    asked: int


def see(store: str, **environ: str) -> Seen:
    """Start `gisgrid demo` on a store that exists, look around as its supervisor, end it."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gisgrid", "--store", store, "demo", "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        started = time.perf_counter()
        server = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, env={**os.environ, **USERS, **environ}
        )
        try:
            seconds = first_answer(base, started)
            assert server.stdout is not None
            lines = iter(server.stdout.readline, b"")
            link = next(
                line.split()[1].decode() for line in lines if line.startswith(b"supervisor")
            )
            browser = enter(link)
            first_map(browser, base)
            mapped, worked = time.perf_counter() - started, processor_s(server.pid)
            asked = look_around(browser, base)
            memory = memory_mb(server.pid)
        except BaseException:
            log.seek(0)
            print(log.read().decode(errors="replace")[-2_000:], file=sys.stderr)
            raise
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    return Seen(seconds, mapped, worked, memory["VmRSS"], memory["VmHWM"], asked)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--store", default=str(USUAL))
    with demo_store(parser.parse_args().store) as store:
        seen = see(str(store))
    print(f"start     {seen.answered:.2f} s to the first answer of a store that exists (limit 3 s)")
    print(
        f"map       {seen.mapped:.2f} s to the first map, "
        f"{seen.worked:.2f} s of them of the processor"
    )
    print(
        f"memory    {seen.resident:.0f} MB resident after {seen.asked} requests, "
        f"{seen.highest:.0f} MB at the highest"
    )
    return 0 if seen.answered < START_BUDGET_S else 1


if __name__ == "__main__":
    sys.exit(main())
