"""The one tree of errors.

An error has a stable `code`, a `sentence` (what, where and what to do, with `%(name)s` places),
and the facts as fields. It knows nothing of HTTP, exit codes or languages: `web` and `cli`
translate the sentence and map the code. A new error needs a row in docs/errors.md and in
`web/problems.py` (tests hold both).
"""

from __future__ import annotations

from typing import Any, ClassVar


class GisgridError(Exception):
    """Whatever gisgrid refuses or cannot do; never raised itself.

    facts: the values named in `sentence`, and any others that help; JSON types only.
    """

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "Something went wrong."

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.sentence % facts)


# Words and measures -------------------------------------------------------------------------------


class BadDate(GisgridError):
    code = "bad_date"
    sentence = "“%(value)s” is not a date; write it as year-month-day, for example 2026-11-22."


class UnknownWord(GisgridError):
    """A value outside a fixed list (level, outcome, format, layer, query argument …)."""

    code = "unknown_word"
    sentence = "“%(value)s” is not a known %(kind)s; use one of: %(known)s."


class UnknownArea(GisgridError):
    """Also raised for an area outside the scope: the answer must not tell the two apart."""

    code = "unknown_area"
    sentence = "There is no area or grid “%(area)s” that you may see; check its code."


class UnknownHousehold(GisgridError):
    """Also raised for a household outside the scope: the answer must not tell the two apart."""

    code = "unknown_household"
    sentence = "There is no household “%(household)s” that you may see; check its number."


class FrameError(GisgridError):
    code = "bad_frame"
    sentence = "%(what)s: %(problem)s."


# People -------------------------------------------------------------------------------------------


class NotAllowed(GisgridError):
    code = "not_allowed"
    sentence = "The role %(role)s may not %(action)s; ask an administrator for another role."


class SignInRefused(GisgridError):
    code = "sign_in_refused"
    sentence = "Name and password do not fit together; try again or ask an administrator."


class SignInNeeded(GisgridError):
    code = "sign_in_needed"
    sentence = "Sign in first; your session may have ended."


class TooManyTries(GisgridError):
    code = "too_many_tries"
    sentence = "Too many attempts to sign in; wait %(seconds)s seconds and try again."


class OtherSite(GisgridError):
    """A request that changes something came from a page that is not ours, or from an old form."""

    code = "other_site"
    sentence = "The form is too old or came from another site; open the page again and repeat it."


class LinkSpent(GisgridError):
    code = "link_spent"
    sentence = "This sign-in link was used already or is too old; ask for a new one."


class PersonExists(GisgridError):
    code = "person_exists"
    sentence = "There is already a person “%(name)s”; choose another name."


class UnknownPerson(GisgridError):
    code = "unknown_person"
    sentence = "There is no person “%(name)s”; `gisgrid user list` shows all."


class WeakPassword(GisgridError):
    code = "weak_password"
    sentence = "The password needs at least %(least)s characters and must not be a common one."


# The store ----------------------------------------------------------------------------------------


class StoreMissing(GisgridError):
    code = "store_missing"
    sentence = "There is no store at %(url)s; make one with `gisgrid init` or `gisgrid demo`."


class StoreExists(GisgridError):
    code = "store_exists"
    sentence = "There is already a store at %(url)s; choose another place, or remove it first."


class StoreForeign(GisgridError):
    code = "store_foreign"
    sentence = "%(url)s is not a gisgrid store (%(problem)s); name another file or import from it."


class StoreBusy(GisgridError):
    code = "store_busy"
    sentence = "The store is busy with another change; nothing was changed, try again in a moment."


class StoreFull(GisgridError):
    code = "store_full"
    sentence = "The disk of the store is full or read-only; nothing was changed, make room first."


class StoreNewer(GisgridError):
    code = "store_newer"
    sentence = "The store at %(url)s was written by a newer gisgrid (%(found)s); update gisgrid."


class StoreFailed(GisgridError):
    """The disk, the file or the database server itself does not do its work."""

    code = "store_failed"
    sentence = (
        "The store at %(url)s does not answer as it should (%(problem)s); look after its disk or "
        "server, or bring back a backup."
    )


class VisitDiffers(GisgridError):
    """Visits are only ever added: what was reported once is not changed afterwards."""

    code = "visit_differs"
    sentence = (
        "There is a visit “%(id)s” with other content already, and visits are never changed; "
        "give this one an id of its own."
    )


class PlanTooEarly(GisgridError):
    code = "plan_too_early"
    sentence = (
        "The last plan is in force from %(latest)s; one that starts on %(valid_from)s would rewrite "
        "history, so choose that day or a later one."
    )


# Import and export --------------------------------------------------------------------------------


class FileUnreadable(GisgridError):
    code = "file_unreadable"
    sentence = "%(file)s cannot be read: %(problem)s; check the file and try again."


class FileNotWhatItSays(GisgridError):
    code = "file_not_what_it_says"
    sentence = "%(file)s is not the %(said)s that its name says; save it again in that format."


class FileEmpty(GisgridError):
    code = "file_empty"
    sentence = "%(file)s holds no rows; choose the file that holds the data."


class FileTooBig(GisgridError):
    code = "file_too_big"
    sentence = "%(file)s is larger than gisgrid takes in one piece (%(limit)s); divide it."


class FileInUse(GisgridError):
    code = "file_in_use"
    sentence = "%(file)s is open in another program that has not written all yet; close it there."


class FileIsStore(GisgridError):
    code = "file_is_store"
    sentence = "%(file)s is the store itself; choose another file."


class LayerChoice(GisgridError):
    code = "layer_choice"
    sentence = "%(file)s holds several layers (%(layers)s); name one with --layer."


class ColumnMissing(GisgridError):
    code = "column_missing"
    sentence = (
        "%(file)s has no column for %(column)s among %(found)s; "
        "name it with --field %(column)s=THEIR_HEADING."
    )


class DateFormatAmbiguous(GisgridError):
    code = "date_format_ambiguous"
    sentence = (
        "The dates in column %(column)s, such as %(sample)s, can be read in more than one way "
        "(%(formats)s); say which with --date-format."
    )


class EncodingUnknown(GisgridError):
    code = "encoding_unknown"
    sentence = "The text of %(file)s is in no known encoding; name it with --encoding."


class CrsUnknown(GisgridError):
    code = "crs_unknown"
    sentence = "%(file)s does not say its coordinate system; name it with --crs, e.g. EPSG:4490."


class RowsRefused(GisgridError):
    """Carries the whole report as the fact `report`."""

    code = "rows_refused"
    sentence = (
        "%(refused)s of %(read)s rows were refused and nothing was imported; "
        "mend them, or import the rest with --skip-bad-rows."
    )


class GridsOverlap(GisgridError):
    code = "grids_overlap"
    sentence = (
        "Grids %(a)s and %(b)s overlap by %(area_m2)s m² near %(lon)s, %(lat)s, more than the "
        "%(limit_m2)s m² that can be cleaned; mend the boundary there."
    )


class PlanUnclean(GisgridError):
    code = "plan_unclean"
    sentence = (
        "The grids near %(lon)s, %(lat)s (%(codes)s) could not be made into a plan without gaps and "
        "overlaps; mend their boundaries there."
    )


class FormatUnknown(GisgridError):
    code = "format_unknown"
    sentence = "%(format)s is not a format that gisgrid can write; use one of: %(known)s."


class FileUnwritable(GisgridError):
    code = "file_unwritable"
    sentence = "%(file)s cannot be written: %(problem)s; choose another place."


class ChildFailed(GisgridError):
    """The process that reads or writes foreign files died, or took too long or too much."""

    code = "child_failed"
    sentence = "%(file)s could not be worked on (%(problem)s); it may be damaged, nothing changed."


class UploadGone(GisgridError):
    code = "upload_gone"
    sentence = "The uploaded file is no longer here; nothing was changed, upload it again."


# Set-up -------------------------------------------------------------------------------------------


class SettingUnknown(GisgridError):
    code = "setting_unknown"
    sentence = "There is no setting “%(name)s”; the known ones are: %(known)s."


class SettingBad(GisgridError):
    code = "setting_bad"
    sentence = "The setting %(name)s cannot be %(value)s: %(problem)s."


class AssetUnknown(GisgridError):
    """A map element asks for a file that is not vendored, or writes into the page's head."""

    code = "asset_unknown"
    sentence = "The map asks for %(url)s, which is not shipped; vendor it or leave it out."


class PortTaken(GisgridError):
    code = "port_taken"
    sentence = "Port %(port)s is in use by another program; choose another with --port (or PORT)."


class AddressOpen(GisgridError):
    code = "address_open"
    sentence = (
        "Listening on %(host)s lets other machines in without encryption; put a proxy with TLS in "
        "front and say --behind-proxy, or listen on 127.0.0.1."
    )


class DemoOnly(GisgridError):
    code = "demo_only"
    sentence = "The store at %(url)s is not a demo; name another place with --store."
