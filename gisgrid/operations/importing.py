"""Import a file as a layer: all of it or nothing, and the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from gisgrid.access import EVERYWHERE, Action, require
from gisgrid.errors import (
    CrsUnknown,
    FileIsStore,
    RowsRefused,
    StoreBusy,
    UnknownWord,
)
from gisgrid.exchange.fields import LAT, LON
from gisgrid.exchange.pairs import divided
from gisgrid.exchange.parse import Calendar, Parsed, Wishes, parse
from gisgrid.exchange.readers import read
from gisgrid.model import LAYERS
from gisgrid.operations import importing_checks as checks
from gisgrid.operations import importing_guard as guard
from gisgrid.operations.auditing import object_of
from gisgrid.operations.importing_diff import Diff, diff
from gisgrid.operations.importing_ground import Ground, grid_of
from gisgrid.operations.importing_picture import Picture, picture
from gisgrid.operations.importing_report import (
    ImportOptions,
    ImportReport,
    report_of,
)
from gisgrid.operations.importing_rows import (
    Planned,
    kept,
    plan_of,
    refuse_differing,
    rows_of,
    sample_of_file,
)

if TYPE_CHECKING:
    from gisgrid.access import Actor
    from gisgrid.columns import Objects, Plan
    from gisgrid.exchange.reasons import Refusal
    from gisgrid.exchange.table import Table
    from gisgrid.operations.workspace import Workspace
    from gisgrid.store import Changes, Writer
    from gisgrid.store.transaction import PutCounts

__all__ = ["ImportOptions", "ImportReport", "Progress", "drawn", "preview", "run", "standing"]

_TRIES = 3
_AGAIN_S = 30.0
"""A file is looked at again for so long, and _TRIES times, while others change what it was checked
against: where people work without a pause, a small one needs many tries and little time."""
_READ, _PARSED, _PLACED, _CHECKED = 0.3, 0.42, 0.55, 0.6
"""Shares of the whole at which a file is read, its cells are, its rows are placed and checked."""
Progress = Callable[[float, str], None]
_LOOKED_AT: dict[str, tuple[str, ...]] = {
    "areas": ("areas",),
    "grids": ("areas", "plan"),
    "households": ("areas", "plan", "households", "programme"),
    "visits": ("households", "plan", "programme"),
    "cases": ("areas", "households", "plan", "programme"),
}
"""Layer -> the parts of the store that its rows are checked against; see store.Changes."""


def preview(
    ws: Workspace, actor: Actor, layer: str, path: Path, options: ImportOptions
) -> ImportReport:
    """What `run` would do, with the first rows as they would be stored; nothing is changed.

    Rows that would be refused are in the report. Raises what concerns the file as a whole.
    """
    return drawn(ws, actor, layer, path, options)[0]


def drawn(
    ws: Workspace,
    actor: Actor,
    layer: str,
    path: Path,
    options: ImportOptions,
    progress: Progress = lambda share, step: None,  # noqa: ARG005
) -> tuple[ImportReport, Picture]:
    """As `preview`, with where it lies and what would change there. progress: as of `run`."""
    found = _look(ws, actor, layer, path, replace(options, dry_run=True), progress)
    overlaps = [each["facts"] for each in found.report.refusals if each["code"] == "overlap"]
    seen = picture(found.parsed, found.ground, found.made.frame, found.diff, overlaps)
    return found.report, replace(
        seen,
        holes=found.made.holes,
        repaired=[(each["lon"], each["lat"]) for each in found.report.repaired if each["lon"]],
        choice=guard.elsewhere(found.parsed, layer, found.ground, found.report.told),
    )


def run(
    ws: Workspace,
    actor: Actor,
    layer: str,
    path: Path,
    options: ImportOptions,
    progress: Progress = lambda share, step: None,  # noqa: ARG005
) -> ImportReport:
    """Import `path` as `layer` (one of model.LAYERS) in one transaction.

    Everything is read and checked first. A row that cannot be taken refuses the whole file, unless
    options.skip_bad_rows. Columns that the file lacks stay as they are in the store, and grids that
    it does not name stay in the plan (unless options.whole_plan). Rows outside the actor's scope
    are refused, and so is a visit that is known with other content. With options.dry_run it is
    `preview`. progress: is called with the share that is done (0 to 1) and the step that begins
    (reading, checking, storing). Raises NotAllowed, the errors of files, RowsRefused (fact
    `report`), GridsOverlap, StoreBusy when the store changed meanwhile, each time.
    """
    tries, until = 0, monotonic() + _AGAIN_S
    while tries < _TRIES or monotonic() < until:
        tries += 1
        found = _look(ws, actor, layer, path, options, progress)
        report, made, seen = found.report, found.made, found.seen
        # What was read lies in memory beside what is stored: a million rows are 300 MB.
        del found
        if options.dry_run:
            return report
        if report.refused and not options.skip_bad_rows:
            facts = {"refused": report.refused, "read": report.rows_read}
            raise RowsRefused(**facts, report=report.to_json())
        progress(_CHECKED, "storing")
        with ws.store.write() as writer:
            if _moved(layer, seen, ws.store.changes()):
                continue  # somebody changed what the rows were checked against: look again
            writer.tell(lambda share: progress(_CHECKED + (1 - _CHECKED) * share, "storing"))
            counts = _put(writer, layer, made.frame, options)
            writer.audit(actor, "import", object_of(layer), counts.inserted + counts.updated)
        report.count(counts.inserted, counts.updated - made.beside)
        return report
    raise StoreBusy


def _put(writer: Writer, layer: str, frame: Any, options: ImportOptions) -> PutCounts:
    """Hand the rows of a layer to the store."""
    if layer == "grids":
        return writer.put_grids(frame, valid_from=options.valid_from)
    put: dict[str, Callable[[Any], PutCounts]] = {
        "areas": writer.put_areas,
        "households": writer.put_households,
        "visits": writer.put_visits,
        "cases": writer.put_cases,
    }
    return put[layer](frame)


def _moved(layer: str, before: Changes, now: Changes) -> bool:
    """Whether anything changed that the checks of a layer look at."""
    return any(getattr(before, part) != getattr(now, part) for part in _LOOKED_AT[layer])


def standing(ws: Workspace, layer: str) -> list[str]:
    """What differs once something changed that the checks of a layer look at."""
    changes = ws.store.changes()
    return [str(getattr(changes, part)) for part in _LOOKED_AT.get(layer, ())]


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A file looked at. seen: the store's counters then."""

    made: Planned
    report: ImportReport
    parsed: Parsed
    ground: Ground
    seen: Any
    diff: Diff | None = None


def _table(path: Path, name: str, layer: str, options: ImportOptions) -> Table:
    """The rows of a file as they stand there, their positions in two columns."""
    table = read(
        path,
        name=name,
        layer=options.layer_name or None,
        our_layer=layer,
        encoding=options.encoding or None,
        salvage=options.salvage,
    )
    return table if options.fields.keys() & {LON, LAT} else divided(table, layer)


def _look(
    ws: Workspace,
    actor: Actor,
    layer: str,
    path: Path,
    options: ImportOptions,
    progress: Progress = lambda share, step: None,  # noqa: ARG005
) -> _Look:
    """Read, match, parse and check a file against the store."""
    require(actor, Action.IMPORT)
    if layer not in LAYERS:
        raise UnknownWord(value=layer, kind="layer", known=", ".join(LAYERS))
    path = Path(path)
    name = options.name or path.name
    if is_store(ws, path):
        raise FileIsStore(file=name)
    seen = ws.store.changes()
    ground = Ground.of(ws.store, actor.scope)
    progress(0.0, "reading")
    table = _table(path, name, layer, options)
    progress(_READ, "checking")
    datum = options.datum or "wgs84"
    told_date, swap = options.date_format or None, options.swap_axes
    wishes = Wishes(options.fields, options.crs or None, datum, told_date, options.make_ids, swap)
    calendar, limit = _calendar(ws), ws.settings.clean_limit_m2
    try:
        parsed = parse(table, layer, wishes, calendar, limit_m2=limit)
    except (CrsUnknown, UnknownWord) as err:
        raise guard.with_candidates(err, table, layer, ground) from err
    progress(_PARSED, "checking")
    warnings, outside = _check(ws, actor, layer, parsed, ground)
    if layer == "visits":
        refuse_differing(ws, parsed)
    keep = kept(parsed)
    report = report_of(layer, parsed, warnings, outside, options, calendar.today)
    told = guard.place_notes(ws.store, layer, parsed, ground, datum=wishes.datum)
    report.tell([*table.notes, *told])
    if layer == "grids":
        made = plan_of(parsed, ground, keep, options, limit, report)
    else:
        made = Planned(rows_of(layer, parsed, keep))
    report.repaired += [repair.to_json() for repair in parsed.repairs]
    report.sample = sample_of_file(made, parsed, report)
    progress(_PLACED, "checking")
    compared = None
    if options.dry_run and report.compared:
        compared = diff(ws, actor, layer, made.frame, ground, len(keep))
        report.take(compared)
    return _Look(made, report, parsed, ground, seen, compared)


def _calendar(ws: Workspace) -> Calendar:
    return Calendar(ZoneInfo(ws.store.programme().zone), ws.today())


def is_store(ws: Workspace, path: Path) -> bool:
    """Whether a file belongs to the open store. By its name alone: to open it drops our locks."""
    parts = [Path(f"{ws.store.url}{end}") for end in ("", "-wal", "-shm", "-journal")]
    return path.exists() and any(part.exists() and path.samefile(part) for part in parts)


def _check(
    ws: Workspace, actor: Actor, layer: str, parsed: Parsed, ground: Ground
) -> tuple[list[Refusal], int]:
    """Refuse rows that name what is not there or lies outside the scope; warnings, outside."""
    if layer == "areas":
        checks.check_areas(parsed, ground)
    elif layer == "grids":
        checks.check_grids(parsed, ground)
    elif layer == "households":
        return _check_households(ws, actor, parsed, ground)
    else:
        told = checks.warn_erased(parsed, set(ws.store.erased()))
        homes = ws.store.household_columns(scope=EVERYWHERE)["id"]
        if not actor.scope.everything:
            homes = ws.store.households(scope=actor.scope)["id"]
        checks.check_household_ids(parsed, set(homes))
        if layer == "cases":
            placed, plan = _placed(parsed, ground)
            checks.check_case_scope(parsed, ground, placed)
            outside, lost = checks.warn_outside(parsed, placed, plan)
            return [*told, *checks.case_statuses(ws.store, parsed), *lost], outside
        return told, 0
    return [], 0


def _check_households(
    ws: Workspace, actor: Actor, parsed: Parsed, ground: Ground
) -> tuple[list[Refusal], int]:
    checks.check_erased(parsed, set(ws.store.erased()))
    checks.check_named_grid(parsed, ground)
    placed, plan = _placed(parsed, ground)
    every = set(ws.store.household_columns(scope=EVERYWHERE)["id"])
    checks.list_new(parsed, every, ws.today())
    if not actor.scope.everything:
        mine = set(ws.store.households(scope=actor.scope)["id"])
        checks.check_household_scope(parsed, ground, placed, every - mine, mine)
    outside, told = checks.warn_outside(parsed, placed, plan)
    return told, outside


def _placed(parsed: Parsed, ground: Ground) -> tuple[Objects, Plan]:
    """The grid of each row's position, and the plan it was looked up in."""
    assert parsed.positions is not None  # noqa: S101 - point layers have positions
    plan = ground.plan()
    return grid_of(parsed.positions.lon, parsed.positions.lat, plan), plan
