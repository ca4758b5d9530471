"""The counties of a roll-up spread over the workers of a Dask cluster.

Each county is one task: it reads its own files and sends back a handful of sums. A worker that dies
costs its tasks only; the scheduler gives them to another.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gisgrid.errors import ExtraMissing, RollupChanged, RollupUnreadable
from gisgrid.rollup.engine import forget_files
from gisgrid.rollup.figures import Sums, county_sums
from gisgrid.rollup.layout import Manifest
from gisgrid.rollup.line import is_address
from gisgrid.rollup.remote import county, forget

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from gisgrid.rollup.figures import Spread

_WAIT_SECONDS = 30


@contextmanager
def cluster(address: str, root: str = "") -> Iterator[Spread]:
    """`spread` for rollup.coverage: works on the cluster whose scheduler listens at `address`.

    All workers must see the folder under the same path, and have gisgrid installed with the extra
    `dask`. Where `root`, the place of the counties, is an address, each fetches what it counts into
    a cache of its own. Raises ExtraMissing; OSError where no scheduler answers.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra that few need
    except ImportError as err:
        raise ExtraMissing(what="distributed", extra="dask") from err
    with Client(address, timeout=_WAIT_SECONDS, set_as_default=False) as client:  # type: ignore[no-untyped-call]

        def spread(
            counties: Sequence[tuple[Manifest, Path]], day: int, by: str
        ) -> Iterable[Sums | RollupUnreadable]:
            away = is_address(root)
            tasks: list[Any] = [
                client.submit(fetched_sums, root, manifest.county, day, by, pure=False)
                if away
                else client.submit(county_sums, manifest, folder, day, by, 1, pure=False)
                for manifest, folder in counties
            ]
            return (_result(task) for task in tasks)

        yield spread


def _result(task: Any) -> Sums | RollupUnreadable:
    try:
        found: Sums = task.result()
    except RollupUnreadable as err:
        return err
    return found


def fetched_sums(root: str, code: str, day: int, by: str) -> Sums:
    """`county_sums` of a county behind an address, on a worker. Raises RollupChanged too."""
    folder = county(root, code, day)
    try:
        manifest = Manifest.read(folder)
    except (OSError, ValueError) as err:
        raise RollupChanged(county=code) from err
    try:
        return county_sums(manifest, folder, day, by, 1)
    except RollupUnreadable:
        forget(folder)
        forget_files()
        raise
