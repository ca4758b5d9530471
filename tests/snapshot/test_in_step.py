"""The read model beside another process that writes to the same store."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, date, datetime

import pandas as pd

from gisgrid.columns import date_of
from gisgrid.snapshot import ReadModel
from gisgrid.store import Store

D = date(2026, 11, 22)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)

WRITER = """
import sys
from datetime import datetime
import pandas as pd
from gisgrid.store import Store

noon = datetime.fromisoformat("2026-11-22T04:00:00+00:00")
with Store.open(sys.argv[1], clock=lambda: noon) as store:
    for line in sys.stdin:
        visit = {"id": [line.strip()], "household_id": [line.strip()], "outcome": ["met"]}
        with store.write() as w:
            w.put_visits(pd.DataFrame({**visit, "visited_at": [pd.Timestamp(noon)]}))
        print("done", flush=True)
"""


def test_a_visit_recorded_by_another_process_counts_within_a_second(store_url: str) -> None:
    ids = [f"H{i}" for i in range(5)]
    with Store.create(store_url, clock=lambda: NOON) as store:
        with store.write() as w:
            w.put_households(pd.DataFrame({"id": ids, "listed_on": date(2026, 1, 1)}))
        model = ReadModel(store)
        assert model.current().tally(D)[:, 4].sum() == 5  # never visited
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, store_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdin is not None
            assert writer.stdout is not None
            for home in ids:
                writer.stdin.write(f"{home}\n")
                writer.stdin.flush()
                assert writer.stdout.readline() == "done\n"
                written = time.monotonic()
                snapshot = model.current()
                (row,) = snapshot.ids.get_indexer([home])
                assert date_of(snapshot.state(D).last[row]) == D
                assert time.monotonic() - written < 1
            writer.stdin.close()
        assert writer.returncode == 0
