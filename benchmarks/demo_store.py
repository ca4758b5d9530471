"""The demo store that `make demo` left, else one built for the moment."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gisgrid import demo, resources

if TYPE_CHECKING:
    from collections.abc import Iterator

USUAL = resources.folder("layers") / "demo.gpkg"
TODAY = date(2026, 11, 22)


@contextmanager
def demo_store(path: str | Path = USUAL) -> Iterator[Path]:
    if Path(path).exists():
        yield Path(path)
        return
    with tempfile.TemporaryDirectory(prefix="gisgrid-demo-") as folder:
        url = Path(folder) / "demo.gpkg"
        start = time.perf_counter()
        demo.build(str(url), today=TODAY)
        print(f"demo county built in {time.perf_counter() - start:.1f} s (limit 30 s)")
        yield url
