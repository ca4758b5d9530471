"""Files that come in and go out."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from gisgrid.errors.base import GisgridError

if TYPE_CHECKING:
    from collections.abc import Mapping


class FileUnreadable(GisgridError):
    """problem: what is wrong with it; or why, a key of `problems`, with the facts of that."""

    code = "file_unreadable"
    sentence = "%(file)s cannot be read: %(problem)s; check the file and try again."
    problems: ClassVar[Mapping[str, str]] = {
        "cells": "it has more than %(most)s cells, or as much text; divide it",
        "corners": "it has more than %(most)s corners",
        "crowd": "it holds more than %(most)s files; send those of one layer",
        "damaged": "it is damaged (%(said)s)",
        "none": "no file was chosen",
        "far": "a sheet reaches to cell %(cell)s, far beyond its table; delete the empty rows and "
        "columns there and save it",
        "line": "line %(line)s cannot be divided into cells (%(said)s)",
        "no_xml": "it is no whole XML (%(said)s)",
        "not_all": "it holds %(shapes)s shapes, of which %(read)s could be read",
        "too_wide": "it has more than %(most)s columns",
        "twice": "it holds %(part)s twice",
    }

    def __init__(self, **facts: Any) -> None:
        if "why" in facts:
            facts["problem"] = self.problems[facts["why"]] % facts
        super().__init__(**facts)


class FileDamaged(GisgridError):
    """Rows of the file are lost; what is whole can be taken, if somebody agrees to it."""

    code = "file_damaged"
    sentence = (
        "%(file)s is damaged (%(problem)s): %(saved)s of %(rows)s rows can be read; get a whole "
        "copy, or take what is left with --salvage."
    )


class FileNotWhatItSays(GisgridError):
    code = "file_not_what_it_says"
    sentence = "%(file)s is not the %(said)s that its name says; save it again in that format."


class FileInDisguise(GisgridError):
    """A file called .xls or .et is something else. problem: what it is, and what to do."""

    code = "file_in_disguise"
    sentence = "%(file)s is no workbook of Excel or WPS, whatever its name says: %(problem)s."


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


class HeadingMissing(GisgridError):
    code = "heading_missing"
    sentence = "%(file)s has no heading “%(heading)s”; its headings are: %(found)s."


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


class CrsChoice(GisgridError):
    """As CrsUnknown, with the systems under which the file would lie where it should."""

    code = "crs_choice"
    sentence = (
        "%(file)s does not say its coordinate system; it would lie here as %(candidates)s. "
        "Name the right one with --crs."
    )
    known: Any = ()
    """Grids on record, and positions of the file by system (EPSG:4326), to be drawn."""
    points: Mapping[str, Any] = MappingProxyType({})


class CrsMismatch(GisgridError):
    code = "crs_mismatch"
    sentence = (
        "The coordinates look like degrees, but %(crs)s counts in metres; "
        "name the right coordinate system with --crs, e.g. EPSG:4490."
    )


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
        "%(limit_m2)s m² that can be cleaned; say whose that ground is (--winner), or mend the "
        "boundary there."
    )


class PlanUnclean(GisgridError):
    code = "plan_unclean"
    sentence = (
        "The grids near %(lon)s, %(lat)s (%(codes)s) could not be made into a plan without gaps "
        "and overlaps; mend their boundaries there."
    )


class FormatUnknown(GisgridError):
    code = "format_unknown"
    sentence = "%(format)s is not a format that gisgrid can write; use one of: %(known)s."


class FileUnwritable(GisgridError):
    code = "file_unwritable"
    sentence = "%(file)s cannot be written: %(problem)s; choose another place."


class ExportDiffers(GisgridError):
    """An export was read again and was not what had been written."""

    code = "export_differs"
    sentence = (
        "%(file)s was read again and differs from the data (%(problem)s), so it is not handed "
        "out; choose another format and report this."
    )


class ChildFailed(GisgridError):
    """The process that reads or writes foreign files died, or took too long or too much."""

    code = "child_failed"
    sentence = "%(file)s could not be worked on (%(problem)s); it may be damaged, nothing changed."


class UploadGone(GisgridError):
    code = "upload_gone"
    sentence = "The uploaded file is no longer here; nothing was changed, upload it again."


class UploadErased(GisgridError):
    code = "upload_erased"
    sentence = (
        "The file that you sent was deleted, since a household that may stand in it was erased; "
        "send it again. What was stored of it before is stored."
    )


class DownloadErased(GisgridError):
    code = "download_erased"
    sentence = (
        "The file was deleted, since a household that may stand in it was erased; have it "
        "prepared again."
    )


class DownloadGone(GisgridError):
    code = "download_gone"
    sentence = "The file is no longer here, or was never yours; have it prepared again."
