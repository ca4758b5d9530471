"""The counties of a roll-up spread over the workers of a Dask cluster.

Each county is one task: it reads its own files and sends back a handful of sums. A worker that dies
costs its tasks only; the scheduler gives them to another.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gisgrid.errors import ExtraMissing
from gisgrid.rollup.figures import Sums, county_sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from gisgrid.rollup.layout import Manifest

_WAIT_SECONDS = 30


@contextmanager
def cluster(address: str) -> Iterator[Callable[..., Iterable[Sums]]]:
    """`spread` for rollup.coverage: works on the cluster whose scheduler listens at `address`.

    All workers must see the folder under the same path, and have gisgrid installed with the extra
    `dask`. Raises ExtraMissing; OSError where no scheduler answers.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra that few need
    except ImportError as err:
        raise ExtraMissing(what="distributed", extra="dask") from err
    with Client(address, timeout=_WAIT_SECONDS, set_as_default=False) as client:  # type: ignore[no-untyped-call]

        def spread(counties: Sequence[tuple[Manifest, Path]], day: int, by: str) -> Iterable[Sums]:
            tasks: list[Any] = [
                client.submit(county_sums, manifest, folder, day, by, 1, pure=False)
                for manifest, folder in counties
            ]
            return (task.result() for task in tasks)

        yield spread
