"""Run all benchmarks, one after the other, each in a process of its own: `python -m benchmarks`."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("coverage", "tiles", "redraw", "page", "plan_page", "server", "rollup")


def main() -> int:
    worst = 0
    for name in BENCHMARKS:
        print(f"== {name} ".ljust(80, "="), flush=True)
        worst = max(
            worst,
            subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode,
        )
    return worst


if __name__ == "__main__":
    sys.exit(main())
