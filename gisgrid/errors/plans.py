"""Drafts of the plan, their edits, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from gisgrid.errors.base import GisgridError

if TYPE_CHECKING:
    from collections.abc import Mapping


class UnknownDraft(GisgridError):
    """Also raised for a draft outside the scope: the answer must not tell the two apart."""

    code = "unknown_draft"
    sentence = "There is no draft %(draft)s that you may see; the list of plans has all."


class UnknownRevision(GisgridError):
    code = "unknown_revision"
    sentence = "There is no published plan %(revision)s; the list of plans has all."


class VersionNeeded(GisgridError):
    """A change that does not say which version it was made from."""

    code = "version_needed"
    sentence = "Say which version you change: send the ETag that you were given as If-Match."


class StaleDraft(GisgridError):
    code = "stale_draft"
    sentence = (
        "The draft was changed meanwhile (you have version %(seen)s, it is at %(version)s): take "
        "it as it is now, or keep yours as a new draft."
    )


class DraftClosed(GisgridError):
    code = "draft_closed"
    sentence = "This draft is %(state)s and cannot be changed so; copy it to go on from there."


class WrongState(GisgridError):
    code = "wrong_state"
    sentence = "The draft is %(state)s; for this it has to be %(needed)s."


class NoStep(GisgridError):
    code = "no_step"
    sentence = "There is no step to %(what)s in this draft."


class EditRefused(GisgridError):
    """facts: faults, each with what, sentence, codes, place, size and unit."""

    code = "edit_refused"
    sentence = "The edit cannot be made: %(problem)s"


class EditUnreadable(GisgridError):
    """What an edit keeps of its grids was damaged."""

    code = "edit_unreadable"
    sentence = (
        "Step %(step)s of this draft is damaged in the store and cannot be read; copy the draft as "
        "it was before it, or bring back a backup."
    )


class SecondPersonNeeded(GisgridError):
    code = "second_person_needed"
    sentence = "Who drew a plan cannot approve it; ask somebody else who may approve plans."


class PlanMoved(GisgridError):
    """facts: codes of grids that both changed, and faults with their places."""

    code = "plan_moved"
    sentence = (
        "Plan %(current)s was published after plan %(base)s, on which this draft builds; rebase "
        "the draft, look at it again and publish then. It is kept as it is."
    )


class PlanBroken(GisgridError):
    """facts: faults, as of an edit."""

    code = "plan_broken"
    sentence = (
        "The plan as a whole does not hold (%(count)s places in your area); nothing was published."
    )


class NoPlan(GisgridError):
    code = "no_plan"
    sentence = "There are no grids yet, so there is nothing to redraw; import them first."


class NothingToPublish(GisgridError):
    code = "nothing_to_publish"
    sentence = "The draft changes nothing; there is nothing to publish."


class CasesUnserved(GisgridError):
    """facts: codes of the grids, cases (ids), and faults with their places."""

    code = "cases_unserved"
    sentence = (
        "%(count)s of the open cases that have a member would have none; give their grids one, or "
        "allow it expressly (a tick on the page, allow_unserved, --allow-unserved). Nothing was "
        "published."
    )


class RevisionStands(GisgridError):
    code = "revision_stands"
    sentence = "Plan %(revision)s cannot be withdrawn: %(problem)s. Publish its reverse instead."


class ReverseClashes(GisgridError):
    """facts: codes, and faults with their places."""

    code = "reverse_clashes"
    sentence = (
        "Plan %(revision)s cannot be undone by itself: later plans changed the same ground "
        "(%(count)s grids in your area); undo those first, or redraw by hand."
    )


class DayPassed(GisgridError):
    code = "day_passed"
    sentence = "%(day)s has passed; a plan comes into force today (%(today)s) or on a later day."


class FileNotOfDraft(GisgridError):
    """Also raised for a version that the draft never had, or grids that are not as they were."""

    code = "file_not_of_draft"
    sentence = (
        "%(file)s does not say of which draft it was made here: export the draft for QGIS, change "
        "that file and give it back, with its column gisgrid_id."
    )


class FileTooMuch(GisgridError):
    code = "file_too_much"
    sentence = (
        "%(file)s holds far more than the draft it was made of (%(grids)s grids, %(corners)s "
        "corners, %(meetings)s meetings of grids); export the draft anew and change that file."
    )


class FileOfOtherDraft(GisgridError):
    code = "file_of_other_draft"
    sentence = "%(file)s was made of draft %(other)s, not of draft %(draft)s; give it back there."


class FileBreaksPlan(GisgridError):
    """why: a key of `problems`. facts: faults with places, repair; left: how many stay after it."""

    code = "file_breaks_plan"
    sentence = (
        "%(file)s has %(count)s places with gaps, overlaps or slivers; %(problem)s. Nothing was "
        "stored."
    )
    problems: ClassVar[Mapping[str, str]] = {
        "mends": "the repair mends them all: look at it and take it (--repair), or mend them in "
        "QGIS",
        "gaps": "after the repair %(left)s would still be wrong: close wider gaps (--repair and "
        "--gaps METRES), or mend them in QGIS",
        "leaves": "after the repair %(left)s would still be wrong; mend those in QGIS (--repair is "
        "enough for the rest)",
    }

    def __init__(self, **facts: Any) -> None:
        super().__init__(**facts, problem=self.problems[facts["why"]] % facts)


class FileClashes(GisgridError):
    """facts: names, of the places and words that were changed on both sides."""

    code = "file_clashes"
    sentence = (
        "%(count)s changes of %(file)s meet others that were made in the draft since; say for each "
        "whether the file or the draft goes. Nothing was stored."
    )
