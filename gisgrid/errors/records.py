"""What is recorded in the field and cannot be taken as it is. The device keeps it."""

from __future__ import annotations

from gisgrid.errors.base import GisgridError


class RecordUnreadable(GisgridError):
    """One record of one request; the others of a batch are taken."""

    code = "record_unreadable"
    sentence = "“%(field)s” %(problem)s; the record stays on the device, put it right there."


class RecordDiffers(GisgridError):
    """The client id of a record was used for another one before."""

    code = "record_differs"
    sentence = (
        "There is another record under “%(client_id)s” already, and it stays as it is; send this "
        "one under an id of its own."
    )


class BatchTooBig(GisgridError):
    code = "batch_too_big"
    sentence = "A batch holds 1 to %(most)s records, this one %(count)s; send it in parts."


class UnknownReport(GisgridError):
    """Also raised for a report of others: the answer must not tell the two apart."""

    code = "unknown_report"
    sentence = "There is no report “%(report)s” that you may decide about; look at the list again."


class UnknownVisit(GisgridError):
    """Also raised for a visit outside the scope: the answer must not tell the two apart."""

    code = "unknown_visit"
    sentence = "There is no visit “%(visit)s” of this household that you may see."


class UnknownCase(GisgridError):
    """Also raised for a case outside the scope: the answer must not tell the two apart."""

    code = "unknown_case"
    sentence = "There is no case “%(case)s” that you may see; check its number."


class ReportDecided(GisgridError):
    code = "report_decided"
    sentence = "Somebody has decided about this report already; look at it again."
