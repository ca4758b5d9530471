"""Refusals as answers: one table from code to status, one page, one problem+json."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import current_app, jsonify, make_response, render_template, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gisgrid.errors import (
    ExportDiffers,
    GisgridError,
    OtherSite,
    StoreAway,
    StoreBusy,
    TooManyTries,
)
from gisgrid.web.answers import in_words
from gisgrid.web.current import PROGRAMS
from gisgrid.web.labels import label

if TYPE_CHECKING:
    from flask import Flask, Response

STATUS: dict[str, int] = {
    "error": 500,
    "address_open": 500,
    "asset_unknown": 500,
    "audit_tampered": 500,
    "backup_bad": 500,
    "backup_elsewhere": 500,
    "bad_date": 400,
    "bad_edit": 422,
    "bad_frame": 422,
    "batch_too_big": 413,
    "cases_unserved": 409,
    "child_failed": 422,
    "code_needed": 403,
    "column_missing": 422,
    "column_withheld": 422,
    "county_unclear": 409,
    "crs_choice": 422,
    "crs_mismatch": 422,
    "crs_unknown": 422,
    "date_format_ambiguous": 422,
    "day_passed": 422,
    "day_to_come": 400,
    "demo_only": 500,
    "draft_closed": 409,
    "edit_refused": 422,
    "edit_unreadable": 500,
    "encoding_unknown": 422,
    "download_erased": 410,
    "download_gone": 410,
    "erased_list_bad": 500,
    "export_differs": 422,  # another format may keep what this one could not
    "extra_missing": 500,
    "factor_needed": 403,
    "file_breaks_plan": 422,
    "file_clashes": 409,
    "file_damaged": 422,
    "file_empty": 422,
    "file_in_use": 409,
    "file_is_store": 422,
    "file_not_of_draft": 422,
    "file_in_disguise": 415,
    "file_not_what_it_says": 415,
    "file_of_other_draft": 409,
    "file_too_big": 413,
    "file_too_much": 422,
    "file_unreadable": 422,
    "file_unwritable": 500,
    "first_code_wrong": 403,
    "first_taken": 409,
    "format_unknown": 400,
    "grids_overlap": 422,
    "heading_missing": 422,
    "layer_choice": 422,
    "link_spent": 410,
    "never_public": 422,
    "apart_never_public": 422,
    "no_accounts": 500,
    "no_plan": 409,
    "no_step": 409,
    "not_allowed": 403,
    "nothing_to_publish": 409,
    "other_site": 403,
    "person_exists": 409,
    "plan_broken": 422,
    "plan_moved": 409,
    "plan_too_early": 409,
    "plan_unclean": 422,
    "port_blocked": 500,
    "port_taken": 500,
    "person_reason_needed": 400,
    "reason_needed": 422,
    "record_differs": 409,
    "record_unreadable": 422,
    "report_decided": 409,
    "restore_over": 500,
    "reverse_clashes": 409,
    "revision_stands": 409,
    "rollup_changed": 503,
    "rollup_missing": 404,
    "rollup_place": 500,
    "rollup_unreachable": 503,
    "rollup_unreadable": 503,
    "row_unreadable": 422,
    "rows_refused": 422,
    "scope_too_small": 403,
    "second_person_needed": 403,
    "setting_bad": 500,
    "setting_unknown": 500,
    "sign_in_needed": 401,
    "sign_in_refused": 403,
    "stale_draft": 412,
    "state_unwritable": 507,
    "store_away": 503,
    "store_busy": 503,
    "store_denied": 500,
    "text_unstorable": 400,
    "store_differs": 500,
    "store_exists": 500,
    "store_failed": 500,
    "store_foreign": 500,
    "store_full": 507,
    "store_in_use": 409,
    "store_lacks_letters": 500,
    "store_lacks_postgis": 500,
    "store_left_over": 500,
    "store_missing": 500,
    "store_newer": 500,
    "store_older": 500,
    "store_undumped": 500,
    "store_open_to_others": 500,
    "store_over_network": 500,
    "token_reads_only": 403,
    "too_many_tries": 429,
    "unknown_area": 404,
    "unknown_case": 404,
    "unknown_visit": 404,
    "unknown_draft": 404,
    "unknown_feature": 404,
    "unknown_household": 404,
    "unknown_key": 404,
    "unknown_person": 404,
    "unknown_report": 404,
    "unknown_revision": 404,
    "unknown_word": 400,
    "upload_erased": 410,
    "upload_gone": 410,
    "version_needed": 428,
    "visit_differs": 409,
    "weak_password": 422,
    "wrong_state": 409,
}
"""code of an error -> status of the answer; a test holds it against gisgrid.errors."""

HTTP_SENTENCES = {
    400: ("bad_request", _("The request could not be read; go back and try again.")),
    404: ("not_found", _("There is no such page; check the address or go back to the map.")),
    405: ("method_not_allowed", _("This address does not take that kind of request.")),
    413: ("too_large", _("The file is larger than %(megabytes)s MB; divide it into parts.")),
    415: ("unsupported", _("This kind of content is not taken here.")),
    500: ("failed", _("Something went wrong on our side; the log has the details under %(id)s.")),
}
SOON = 5
"""Seconds after which to ask again where the store was busy or away."""
WORDS = ("kind", "problem", "what")
"""Facts that are words of ours, not of the data; catalogue.py gathers them."""
LABELS = {"role": "role", "action": "action", "state": "state", "needed": "state"}
"""Facts that have a label -> the table of labels."""


def register(app: Flask) -> None:
    """Handle every way in which a request can fail."""
    app.register_error_handler(GisgridError, refusal)
    app.register_error_handler(CSRFError, lambda _err: refusal(OtherSite()))
    app.register_error_handler(HTTPException, http_refusal)
    app.register_error_handler(Exception, failure)


def sentence(err: GisgridError) -> str:
    """The sentence of a refusal in the reader's language, with its facts."""
    text: str = gettext(err.sentence)
    facts = {name: _word(name, value) for name, value in err.facts.items()}
    if err.problems and "why" in err.facts:
        problem = err.problems[err.facts["why"]]
        facts["problem"] = gettext(problem) % err.facts
    return text % facts


def _word(name: str, value: Any) -> Any:
    """A fact as it reads in the sentence."""
    if name in WORDS and isinstance(value, str) and value:
        return worded(value)
    return label(LABELS[name], value) if name in LABELS else value


def worded(problem: str) -> str:
    """Words of ours in the reader's language; of several one by one."""
    whole: str = gettext(problem)
    if whole != problem or "; " not in problem:
        return whole
    return str(gettext("; ")).join(gettext(part) for part in problem.split("; "))


def refusal(err: GisgridError) -> Response:
    """The answer to a refusal that gisgrid itself raised."""
    status = STATUS.get(err.code, 500)
    if status >= 500 or err.code == ExportDiffers.code:  # that one is to be mended by us as well
        current_app.logger.error("refused with %s at %s", err.code, request.endpoint)
    found = answer(status, err.code, sentence(err), in_words(err.facts))
    if isinstance(err, TooManyTries):
        found.headers["Retry-After"] = str(err.facts["seconds"])
    elif isinstance(err, StoreBusy | StoreAway):
        found.headers["Retry-After"] = str(SOON)
    return found


def http_refusal(err: HTTPException) -> Response:
    """The answer to what Flask and werkzeug refuse."""
    status = err.code or 500
    if status < 400 and err.response is not None:  # a redirect that adds a missing slash
        return make_response(err.response)
    code, text = HTTP_SENTENCES.get(status, HTTP_SENTENCES[400 if status < 500 else 500])
    limit = (current_app.config["MAX_CONTENT_LENGTH"] or 0) // 1024**2
    found = answer(status, code, str(text) % {"megabytes": limit, "id": "–"}, {})
    if getattr(err, "valid_methods", None):
        found.headers["Allow"] = ", ".join(sorted(err.valid_methods))  # type: ignore[attr-defined]
    return found


def failure(err: Exception) -> Response:
    """The answer to a defect: an id for the reader, the details for the log.

    The log gets the route and the trace, never the address asked for nor a name.
    """
    number = secrets.token_hex(4)
    current_app.logger.error("failure %s at %s", number, request.endpoint, exc_info=err)
    code, text = HTTP_SENTENCES[500]
    return answer(500, code, str(text) % {"id": number}, {"id": number})


def answer(status: int, code: str, text: str, facts: dict[str, Any]) -> Response:
    """A refusal in the form that was asked for: problem+json for programs, a page for people."""
    if request.path.startswith(PROGRAMS):
        body = {
            "type": f"urn:gisgrid:problem:{code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "code": code,
            "detail": text,
            "facts": facts,
        }
        found = jsonify(body)
        found.mimetype = "application/problem+json"
    else:
        found = make_response(render_template("error.html", sentence=text, code=code, facts=facts))
    found.status_code = status
    return found
