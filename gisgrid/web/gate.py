"""The gate: which right each route asks for, looked up before any view runs.

A route that is not in the table is not served, and a test fails for it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from flask import abort, redirect, request, url_for
from flask_login import current_user

from gisgrid.access import Action, require
from gisgrid.errors import FactorNeeded, SignInNeeded, TokenReadsOnly
from gisgrid.operations import keys
from gisgrid.web.addresses import asked_for
from gisgrid.web.current import PROGRAMS, actor, workspace
from gisgrid.web.headers import SAFE_METHODS

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.wrappers import Response


class Open(Enum):
    """Routes that ask for no right."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"


PUBLIC, SIGNED_IN = Open.PUBLIC, Open.SIGNED_IN

POLICY: dict[str, Action | Open] = {
    "static": PUBLIC,  # the program's own files, nothing of the county
    "health.healthz": PUBLIC,
    "health.readyz": PUBLIC,
    "people.signin": PUBLIC,
    "people.enter": PUBLIC,
    "pages.language": PUBLIC,
    "people.signout": SIGNED_IN,
    "pages.coverage": SIGNED_IN,  # an administrator without figures is led to the people
    "pages.area": Action.SEE_FIGURES,
    "pages.cases": Action.SEE_FIGURES,
    "pages.search": Action.SEE_FIGURES,
    "pages.map_script": Action.SEE_FIGURES,
    "households.listing": Action.SEE_HOUSEHOLDS,
    "households.page": Action.SEE_HOUSEHOLDS,
    "files.import_form": Action.IMPORT,
    "files.upload": Action.IMPORT,
    "files.preview": Action.IMPORT,
    "files.settle": Action.IMPORT,
    "files.confirm": Action.IMPORT,
    "files.cancel": Action.IMPORT,
    "exports.choose": Action.EXPORT,
    "exports.ask": Action.EXPORT,
    "exports.look": Action.EXPORT,
    "exports.fetch": Action.EXPORT,
    "exports.drop": Action.EXPORT,
    "files.download": Action.EXPORT,
    "person_data.search": Action.ANSWER_FOR_DATA,
    "person_data.find": Action.ANSWER_FOR_DATA,
    "person_data.page": Action.ANSWER_FOR_DATA,
    "person_data.file": Action.ANSWER_FOR_DATA,
    "person_data.erase": Action.ANSWER_FOR_DATA,
    "people.accounts": Action.MANAGE_PEOPLE,
    "people.find": Action.MANAGE_PEOPLE,
    "people.add": Action.MANAGE_PEOPLE,
    "people.link": Action.MANAGE_PEOPLE,
    "people.disable": Action.MANAGE_PEOPLE,
    "people.let_in": Action.MANAGE_PEOPLE,
    "people.rights": Action.MANAGE_PEOPLE,
    "people.factor": Action.MANAGE_PEOPLE,
    "people.first": PUBLIC,  # there only until the first account is made
    "account.page": SIGNED_IN,
    "account.password": SIGNED_IN,
    "account.factor": SIGNED_IN,
    "account.token": SIGNED_IN,
    "account.end_token": SIGNED_IN,
    "account.end_session": SIGNED_IN,
    "account.everybody": Action.MANAGE_PEOPLE,
    "rights.page": SIGNED_IN,
    "rights.audit": Action.SEE_AUDIT,
    "rights.verify": Action.SEE_AUDIT,
    "tiles.tile": Action.SEE_FIGURES,  # layers of single households ask for more, see tiling
    "tilejson.described": Action.SEE_FIGURES,
    "ogc.landing": SIGNED_IN,
    "ogc.conformance": SIGNED_IN,
    "ogc.document": Action.SEE_FIGURES,
    "ogc.collections": Action.SEE_FIGURES,
    "ogc.collection": Action.SEE_FIGURES,  # households and cases ask for more, see features
    "ogc.queryables": Action.SEE_FIGURES,
    "ogc.items": Action.SEE_FIGURES,
    "ogc.item": Action.SEE_FIGURES,
    "basemap.archive": SIGNED_IN,
    "basemap.tile": SIGNED_IN,
    "api.overview": Action.SEE_FIGURES,
    "api.coverage": Action.SEE_FIGURES,
    "api.case_table": Action.SEE_FIGURES,
    "api.categories": Action.SEE_FIGURES,
    "api.search": Action.SEE_FIGURES,
    "api.paper": Action.SEE_FIGURES,
    "api.gaps": Action.SEE_HOUSEHOLDS,
    "api.cases": Action.SEE_HOUSEHOLDS,
    "api.household": Action.SEE_HOUSEHOLDS,
    "api.document": SIGNED_IN,
    "record.me": SIGNED_IN,
    "recording.work_list": Action.RECORD,
    "recording.worker": Action.RECORD,
    "recording.visit": Action.RECORD,
    "recording.case": Action.RECORD,
    "recording.change": Action.RECORD,
    "recording.decisions": Action.RECORD,
    "recording.decide": Action.RECORD,
    "record.visits": Action.RECORD,
    "record.cases": Action.RECORD,
    "record.case_changes": Action.RECORD,
    "province.page": Action.SEE_FIGURES,  # and no limit of area, see operations.province
    "plans.listing": Action.SEE_FIGURES,  # drafts on it ask for more
    "plans.new": Action.EDIT_PLAN,
    "plans.editor": Action.SEE_PLANS,
    "plans.published": Action.SEE_FIGURES,
    "plans.reverse": Action.EDIT_PLAN,
    "plans.withdraw": Action.PUBLISH_PLAN,
    "plans.handed_over": Action.SEE_HOUSEHOLDS,
    "plans.descent": Action.SEE_FIGURES,
    "plan_files.page": Action.SEE_PLANS,
    "plan_files.download": Action.SEE_PLANS,
    "plan_files.upload": Action.EDIT_PLAN,
    "plan_files.look": Action.EDIT_PLAN,
    "plan_files.take": Action.EDIT_PLAN,
    "drafts.listing": Action.SEE_PLANS,
    "drafts.new": Action.EDIT_PLAN,
    "drafts.one": Action.SEE_PLANS,
    "drafts.grids": Action.SEE_PLANS,
    "drafts.edit": Action.EDIT_PLAN,
    "drafts.undo": Action.EDIT_PLAN,
    "drafts.redo": Action.EDIT_PLAN,
    "drafts.copy": Action.EDIT_PLAN,
    "drafts.submit": Action.EDIT_PLAN,
    "drafts.withdraw": Action.EDIT_PLAN,
    "drafts.approve": Action.APPROVE_PLAN,
    "drafts.give_back": Action.APPROVE_PLAN,
    "drafts.discard": Action.EDIT_PLAN,
    "drafts.rebase": Action.EDIT_PLAN,
    "drafts.publish": Action.PUBLISH_PLAN,
    "drafts.file": Action.SEE_PLANS,
    "drafts.take_file": Action.EDIT_PLAN,
    "drafts.compare": Action.SEE_PLANS,
    "drafts.moved": Action.SEE_PLANS,
    "drafts.published": Action.SEE_FIGURES,
    "drafts.revision": Action.SEE_FIGURES,
    "drafts.withdraw_revision": Action.PUBLISH_PLAN,
    "drafts.reverse": Action.EDIT_PLAN,
    "drafts.handovers": Action.SEE_HOUSEHOLDS,
    "drafts.handover_list": Action.SEE_HOUSEHOLDS,
    "drafts.line": Action.SEE_FIGURES,
}


BEFORE_FACTOR = frozenset({"account.page", "account.factor", "people.signout", "rights.page"})
"""What a person may do before the second factor that the role needs."""


def register(app: Flask) -> None:
    """Put the gate before every view."""

    @app.before_request
    def gate() -> Response | None:
        if request.endpoint is None:  # no such address, or not with this method: that is the answer
            return None
        right = POLICY.get(request.endpoint)
        if right is None:
            abort(404)
        if right is PUBLIC:
            return None
        if not current_user.is_authenticated:
            return _ask_to_sign_in()
        if current_user.reach == "read" and request.method not in SAFE_METHODS:
            raise TokenReadsOnly
        if _lacks_factor():
            return _ask_for_factor()
        if isinstance(right, Action):
            require(actor(), right)
        return None


def _lacks_factor() -> bool:
    """Whether the settings ask this role for a second factor that the person has not set up."""
    roles = workspace().settings.second_factor_roles
    if request.endpoint in BEFORE_FACTOR or not keys.factor_needed(roles, actor()):
        return False
    return not keys.has_factor(workspace(), actor().person)


def _ask_for_factor() -> Response:
    if request.path.startswith(PROGRAMS) or request.method != "GET":
        raise FactorNeeded
    return redirect(url_for("account.page"), 303)


def _ask_to_sign_in() -> Response:
    """A page leads to the sign-in and back; a program gets its refusal."""
    if request.path.startswith(PROGRAMS) or request.method != "GET":
        raise SignInNeeded
    back = asked_for() if request.path != "/" or request.args else None
    return redirect(url_for("people.signin", next=back), 303)
