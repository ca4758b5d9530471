"""Who may come in, and what they may do."""

from __future__ import annotations

from gisgrid.errors.base import GisgridError


class NotAllowed(GisgridError):
    code = "not_allowed"
    sentence = "The role %(role)s may not %(action)s; ask an administrator for another role."


class ScopeTooSmall(NotAllowed):
    """The role would do: it is the scope that does not reach so far."""

    code = "scope_too_small"
    sentence = (
        "Only people whose scope is the whole county may %(action)s, and yours is %(scope)s; ask "
        "one of them to do it."
    )


class SignInRefused(GisgridError):
    code = "sign_in_refused"
    sentence = "Name and password do not fit together; try again or ask an administrator."


class CodeNeeded(GisgridError):
    """The password was right; the account also asks for a code."""

    code = "code_needed"
    sentence = "This account asks for a one-time code too; enter the one that your app shows now."


class FactorNeeded(GisgridError):
    """A role that the settings let in only with a second factor."""

    code = "factor_needed"
    sentence = "Your role needs a second factor; set one up on the page of your account first."


class TokenReadsOnly(GisgridError):
    code = "token_reads_only"
    sentence = "This token only reads; make one that reaches “write” on the page of your account."


class UnknownKey(GisgridError):
    """A session or token that is not there, has ended, or is somebody else's."""

    code = "unknown_key"
    sentence = "There is no such session or token; it may have ended already, look at the list."


class FirstTaken(GisgridError):
    code = "first_taken"
    sentence = "There is an administrator already; ask for an account there."


class FirstCodeWrong(GisgridError):
    code = "first_code_wrong"
    sentence = (
        "The code does not fit or is older than 15 minutes; read it from the server's console, or "
        "start the server again for a new one."
    )


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


class PersonReasonNeeded(GisgridError):
    """What is held about somebody is given out or erased for a reason that is kept."""

    code = "person_reason_needed"
    sentence = "Say for what reason, in %(least)s characters or more; the account of use keeps it."


class ReasonNeeded(GisgridError):
    """An export that holds names or notes needs a reason; the account of use keeps it."""

    code = "reason_needed"
    sentence = (
        "An export of %(what)s with names or notes needs a reason of %(least)s characters or more; "
        "say what it is for, or take the level case_work."
    )


class NeverPublic(GisgridError):
    code = "never_public"
    sentence = (
        "%(what)s has a row for each household and is never public; export coverage or case-table "
        "instead, where small counts are hidden."
    )


class ApartNeverPublic(GisgridError):
    """Figures that could be subtracted from those that are shared."""

    code = "apart_never_public"
    sentence = (
        "Figures of one category, or of a past day on the grids of today, could be subtracted from "
        "the others, so no small count in them can be hidden; take the level case_work."
    )


class ColumnWithheld(GisgridError):
    """A column of the layer that a fuller level would have, for this person too."""

    code = "column_withheld"
    sentence = (
        "An export of level %(level)s has no column “%(column)s”; ask for level full and say what "
        "the file is for (--level full --reason …), or leave the column out."
    )


class PersonExists(GisgridError):
    code = "person_exists"
    sentence = "There is already a person “%(name)s”; choose another name."


class UnknownPerson(GisgridError):
    code = "unknown_person"
    sentence = "There is no person “%(name)s”; `gisgrid user list` shows all."


class WeakPassword(GisgridError):
    code = "weak_password"
    sentence = "The password needs at least %(least)s characters and must not be a common one."
