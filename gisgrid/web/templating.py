"""What every template may use."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import request
from flask_babel import get_locale, gettext

from gisgrid.access import Action
from gisgrid.errors import GisgridError
from gisgrid.exchange.dates import SHOWN
from gisgrid.exchange.headings import heading
from gisgrid.exchange.losses import RULES
from gisgrid.exchange.notes import NOTES
from gisgrid.exchange.reasons import REASONS
from gisgrid.operations.lists import HOUSEHOLD_STATUS
from gisgrid.web import labels
from gisgrid.web.addresses import asked_for
from gisgrid.web.current import actor, may, workspace
from gisgrid.web.language import chosen
from gisgrid.web.problems import sentence, worded

if TYPE_CHECKING:
    from datetime import date

    from flask import Flask


def register(app: Flask) -> None:
    """Give the templates labels, rights, numbers and the demo's banner."""
    labels.register(app)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        may=lambda action: may(Action(action)),
        may_see_province=may_see_province,
        aside=aside,
        number=number,
        day=day,
        moment=moment,
        here=here,
        reason=reason,
        cure=cure,
        note=note,
        lost=lost,
        called=called,
        named=named,
        orders=SHOWN,
        statuses=HOUSEHOLD_STATUS,
        megabytes=workspace_of(app).settings.upload_megabytes,
    )

    @app.context_processor
    def programme() -> dict[str, Any]:
        try:
            return {"demo": workspace().programme().demo}
        except GisgridError:
            return {"demo": False}  # the page that says the store fails has to appear


def aside(words: str) -> str:
    """Words in brackets behind others, in the brackets of the reader's language."""
    return str(gettext(" (%(aside)s)", aside=words))


def may_see_province() -> bool:
    """Whether there is a level above, and the reader has no limit of area."""
    there = bool(workspace().settings.rollup_folder) and may(Action.SEE_FIGURES)
    return there and actor().scope.everything


NAMED = ("column", "earlier", "later")
"""Facts of a refusal that are columns of ours."""


def reason(refusal: dict[str, Any], fields: Any = None, layer: str = "") -> str:
    """Why a row is refused, in the reader's language.

    fields: our column -> its heading in the file, by which the columns are called.
    """
    facts = _columns_named(refusal["facts"], fields or {}, layer)
    if "format" in facts:
        facts = facts | {"format": labels.label("date_order", facts["format"])}
    return _filled(REASONS[refusal["code"]][0], facts)


def note(told: dict[str, Any]) -> str:
    """What is said of a file as a whole, in the reader's language."""
    return _filled(NOTES[told["code"]], told["facts"])


def lost(loss: dict[str, Any]) -> str:
    """What a file could not keep, in the reader's language."""
    return _filled(RULES[loss["rule"]], loss["facts"])


def called(layer: str, column: str) -> str:
    """A column as Chinese readers know it; ours, which files have as well, for all others."""
    if column in labels.DIFFERS:
        return labels.label("differs", column)
    return heading(layer, column)[1] if chosen() == "zh" else column


def named(fields: Any, layer: str, column: str) -> str:
    """A column as its heading in the file, else as readers know it."""
    return str(fields.get(column) or called(layer, column).removesuffix("（UTC）"))


def _columns_named(facts: dict[str, Any], fields: Any, layer: str) -> dict[str, Any]:
    return facts | {name: named(fields, layer, facts[name]) for name in NAMED if name in facts}


def cure(refusal: dict[str, Any], fields: Any = None, layer: str = "") -> str:
    """What to do about it. fields, layer: as of `reason`."""
    facts = _columns_named(refusal["facts"], fields or {}, layer)
    return _filled(REASONS[refusal["code"]][1], facts)


def file_sentence(err: GisgridError, layer: str) -> str:
    """What is wrong with a file as a whole, with its column in the reader's language and in ours.

    Ours is what the field for other headings takes.
    """
    said = sentence(err)
    column = str(err.facts.get("column", ""))
    shown = called(layer, column).removesuffix("（UTC）")
    if column and shown != column:
        said = sentence(type(err)(**err.facts | {"column": f"{shown}（{column}）"}))
    return options_as_fields(said)


def _filled(text: str, facts: dict[str, Any]) -> str:
    said = {"problem": worded(facts["problem"])} if facts.get("problem") else {}
    return options_as_fields(str(gettext(text) % (facts | said)))


_OPTION = re.compile(rf"--({'|'.join(labels.FIELD_OF_OPTION)})( [^\s=]+=\w+| METRES)?")


def options_as_fields(text: str) -> str:
    """A sentence that names options of the command line, with the fields of the form instead."""
    return _OPTION.sub(lambda found: f"“{labels.FIELD_OF_OPTION[found[1]]}”", text)


def workspace_of(app: Flask) -> Any:
    """The workspace of an application outside a request."""
    return app.extensions["gisgrid"]


def number(value: int | None) -> str:
    """A whole number with its thousands apart; nothing for None.

    >>> number(141945)
    '141,945'
    """
    return "" if value is None else f"{int(value):,}"


def day(value: date) -> str:
    """A day in a sentence, as the reader writes it; tables and data keep the ISO form."""
    # Plain "en" writes days as Americans do, month first; the map's own script knows the same.
    locale = str(get_locale())
    return format_date(value, "medium", "en_GB" if locale == "en" else locale)


def moment(iso: str | None) -> str:
    """An instant (ISO, with offset) on the clock of the programme's zone; nothing for None."""
    if iso is None:
        return ""
    zone = ZoneInfo(workspace().programme().zone)
    return datetime.fromisoformat(iso).astimezone(zone).strftime("%Y-%m-%d %H:%M")


def here() -> str:
    """The address of this page, to come back to; the first page where it was not asked for by GET.

    A page after a form has no address of its own, and a one-time link must not be repeated.
    """
    if request.method not in ("GET", "HEAD") or request.path.startswith("/enter/"):
        return "/"
    return asked_for()
