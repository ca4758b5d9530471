"""A file that came back, held against the draft: what is new, what clashes, what is wrong.

Three states of the draft: as the file was made of it (base), as it is now, and as the file has it.
Nothing is stored here; see file_take.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from gisgrid import redraw
from gisgrid.errors import EditRefused, FileNotOfDraft, FileOfOtherDraft
from gisgrid.operations.plans.bench import bench
from gisgrid.operations.plans.certificate import digest
from gisgrid.operations.plans.drafts import found
from gisgrid.operations.plans.editing import tried
from gisgrid.operations.plans.faults import refusal, veiled
from gisgrid.operations.plans.file_bounds import check_size
from gisgrid.operations.plans.file_in import check_words
from gisgrid.operations.plans.file_out import LABELS, changeable
from gisgrid.operations.plans.images import unpacked
from gisgrid.operations.plans.making import Made, settled
from gisgrid.redraw.mending import GAP_M, found_alike, mend
from gisgrid.redraw.returned import Sketch, faults, sketch
from gisgrid.redraw.threeway import Group, groups, take

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gisgrid.access import Actor
    from gisgrid.operations.plans.bench import Bench
    from gisgrid.operations.plans.drawing import Drawing
    from gisgrid.operations.plans.file_in import Returned
    from gisgrid.operations.workspace import Workspace
    from gisgrid.redraw import Fault, Plan
    from gisgrid.store import Draft, EditRow

FILE = "file"
"""The op of an edit that a file brought."""
CODE = "code"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to become of what cannot be taken as it is.

    repair: take the file as it is mended. gap_m: gaps narrower than this are closed then.
    file, draft: names of places and words that clash ("*" for all), by whose way they go.
    """

    repair: bool = False
    gap_m: float = GAP_M
    file: frozenset[str] = frozenset()
    draft: frozenset[str] = frozenset()

    def of(self, name: str) -> str:
        """Whose way a clash goes: file | draft | "" where nothing is said."""
        for whose, said in (("file", self.file), ("draft", self.draft)):
            if name in said:
                return whose
        return "file" if "*" in self.file else "draft" if "*" in self.draft else ""


@dataclass(frozen=True, slots=True)
class Word:
    """A label or code that the file changes. state: new | done | clash | gone."""

    grid: str
    word: str
    was: Any
    file: Any
    now: Any
    state: str

    @property
    def name(self) -> str:
        """By which it is spoken of."""
        return f"{self.grid}:{self.word}"


@dataclass(slots=True, eq=False)
class Merge:
    """A file held against its draft.

    faults: what is wrong with the file; left: what is still wrong when it is mended. made: what is
    taken over, mended where it has to be. steps: the edits with the drawing before each. refused:
    name -> why a place or a word cannot be taken.
    """

    row: Draft
    desk: Bench
    base: Drawing
    now: Drawing
    mine: frozenset[str]
    raw: Sketch
    made: Sketch
    faults: tuple[Fault, ...]
    left: tuple[Fault, ...]
    groups: list[Group] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    steps: list[tuple[Drawing, Made]] = field(default_factory=list)
    refused: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def after(self) -> Drawing:
        """The draft with all that is taken over."""
        return self.steps[-1][1].drawing if self.steps else self.now

    def asked(self, wishes: Wishes) -> list[str]:
        """Names of what clashes and was not decided."""
        states = [(group.name, group.state) for group in self.groups]
        states += [(word.name, word.state) for word in self.words]
        clashing = [name for name, state in states if state == "clash"]
        return [name for name in clashing if not wishes.of(name)]


def merge(
    ws: Workspace, actor: Actor, file: Returned, name: str, draft: int | None, wishes: Wishes
) -> Merge:
    """Hold a file against its draft. draft: the one that is meant; None: the one that it names.

    Raises NotAllowed, UnknownDraft, FileOfOtherDraft, FileNotOfDraft, RowUnreadable.
    """
    if draft is not None and draft != file.draft:
        found(ws, actor, draft)
        raise FileOfOtherDraft(file=name, draft=draft, other=file.draft)
    row = found(ws, actor, file.draft)
    known = 1 <= file.version <= row.version
    place = ws.store.draft_version(row, file.version) if known else None
    if place is None:
        raise FileNotOfDraft(file=name)
    desk = bench(ws)
    base = ws.drawings.at(place["base_revision"], place["head"])
    grids = changeable(desk, actor, row, base)
    if file.fingerprint and digest(grids) != file.fingerprint:
        raise FileNotOfDraft(file=name)
    mine = frozenset(grid.code for grid in grids)
    check_words(file, base.plan, name)
    check_size(file.rows, base.plan, mine, name)
    raw = sketch(base.plan, mine, file.rows, desk.ground.homes)
    wrong = faults(base.plan, mine, raw)
    made, left = raw, wrong
    if wrong:
        made = mend(base.plan, mine, raw, gap_m=wishes.gap_m)
        left = faults(base.plan, mine, made)
        if not left and found_alike(raw, made, desk.ground.homes):
            wrong = ()  # corners that the lattice moved: nobody has to be asked
    found_ = Merge(row, desk, base, ws.drawings.of(row), mine, raw, made, wrong, left)
    if not left:
        found_.groups = groups(base.plan, found_.now.plan, made, mine)
        found_.words = _words(base.plan, found_.now.plan, made)
        _steps(found_, actor, name, wishes)
    return found_


def _words(base: Plan, now: Plan, made: Sketch) -> list[Word]:
    """Labels and codes that the file changes, by grid."""
    words: list[Word] = []
    for code in sorted({*made.labels, *made.codes}):
        wanted = dict(made.labels.get(code, {}))
        if code in made.codes:
            wanted[CODE] = made.codes[code]
        given = [word for word in (*LABELS, CODE) if word in wanted]
        words += [_word(base, now, code, word, wanted[word]) for word in given]
    return words


def _word(base: Plan, now: Plan, code: str, word: str, value: Any) -> Word:
    was = getattr(base[code], word)
    if code not in now:
        done = word == CODE and value in now
        return Word(code, word, was, value, None, "done" if done else "gone")
    here = getattr(now[code], word)
    state = "done" if here == value else "new" if here == was else "clash"
    return Word(code, word, was, value, here, state)


def _steps(merged: Merge, actor: Actor, name: str, wishes: Wishes) -> None:
    """The edits that take the file over, one after the other."""
    on = (merged.desk, actor, merged.row)
    for group in merged.groups:
        if _taken(group.name, group.state, wishes):
            outcome = take(merged.base.plan, merged.after.plan, merged.made, group)
            arguments = {"op": FILE, "file": name, "grids": list(group.before)}
            _keep(merged, group.name, partial(as_made, *on, merged.after, outcome, arguments))
    for word, wish in _label_edits(merged, wishes):
        _keep(merged, word, partial(tried, *on, merged.after, redraw.edit_from_json(wish)))


def _keep(merged: Merge, name: str, make: Callable[[], Made]) -> None:
    """One more step, where it can be made."""
    before = merged.after
    try:
        merged.steps.append((before, make()))
    except EditRefused as err:
        merged.refused[name] = err.facts["faults"]


def _taken(name: str, state: str, wishes: Wishes) -> bool:
    return state == "new" or (state == "clash" and wishes.of(name) == "file")


def _label_edits(merged: Merge, wishes: Wishes) -> Iterable[tuple[str, dict[str, Any]]]:
    """The edits of labels and codes, each with the name of its (first) word."""
    taken = [word for word in merged.words if _taken(word.name, word.state, wishes)]
    for code in dict.fromkeys(word.grid for word in taken):
        mine = [word for word in taken if word.grid == code]
        given = {word.word: word.file for word in mine if word.word != CODE}
        if given:
            name = next(word.name for word in mine if word.word != CODE)
            yield name, {"op": "change", "code": code, **given}
        for word in mine:
            if word.word == CODE:
                yield word.name, {"op": "renumber", "code": code, "new_code": word.file}


def as_made(
    desk: Bench,
    actor: Actor,
    row: Draft,
    before: Drawing,
    outcome: redraw.Outcome,
    arguments: dict[str, Any],
) -> Made:
    """An outcome as an edit of a draft. Raises EditRefused."""
    sees = desk.sees(actor, before)
    refusal(veiled(outcome.faults, before.plan, sees))
    return settled(desk, actor, row, before, outcome, arguments, sees=sees)


def again(
    ws: Workspace, desk: Bench, actor: Actor, row: Draft, drawing: Drawing, edit: EditRow
) -> Made:
    """An edit that a file brought, made again on another plan (rebasing). Raises EditRefused."""
    base = ws.drawings.at(row.base_revision, edit.parent_id).plan
    before, after = unpacked(edit.before), unpacked(edit.after)
    made = Sketch(after)
    parts = groups(base, drawing.plan, made, list(before))
    clashing = [part.before for part in parts if part.state == "clash"]
    if clashing:
        told = [redraw.Fault("redrawn", codes) for codes in clashing]
        refusal(veiled(told, drawing.plan, desk.sees(actor, drawing)))
    whole = Group(
        tuple(code for part in parts for code in part.before),
        tuple(code for part in parts for code in part.after),
        "new",
        tuple(code for part in parts for code in part.since),
    )
    outcome = take(base, drawing.plan, made, whole)
    return as_made(desk, actor, row, drawing, outcome, json.loads(edit.arguments))
