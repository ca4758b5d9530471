"""The forms of an answer: frames as JSON rows or CSV, dates as ISO, files with honest names."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

import numpy as np
from flask import Response, jsonify
from flask.json.provider import DefaultJSONProvider
from flask_babel import gettext

from gisgrid.errors import TextUnstorable
from gisgrid.exchange.tables import table_csv

if TYPE_CHECKING:
    from flask import Flask
    from pandas import DataFrame


class Provider(DefaultJSONProvider):
    """JSON as the API writes it: ISO dates, Chinese as it is, keys in their order."""

    ensure_ascii = False
    sort_keys = False

    def loads(self, s: str | bytes, **more: Any) -> Any:
        """What was sent. Raises ValueError as `read`, TextUnstorable for half a character."""
        found = read(s, **more)
        if _halved(found):
            raise TextUnstorable
        return found

    def dumps(self, obj: Any, **more: Any) -> str:
        """What is answered; half a character that was sent and is named is a question mark."""
        text = super().dumps(obj, **more)
        return text if text.isascii() else text.encode("utf-8", "replace").decode()

    @staticmethod
    def default(value: Any) -> Any:
        """What the json module does not know: dates and numpy's numbers."""
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, np.generic):
            return value.item()
        return DefaultJSONProvider.default(value)


def read(s: str | bytes, **more: Any) -> Any:
    """JSON, whatever its texts hold.

    Raises ValueError, also for brackets a hundred thousand deep.
    """
    try:
        return json.loads(s, **more)
    except RecursionError as err:
        raise ValueError("nested too deeply") from err


_HALF = re.compile("[\ud800-\udfff]")


def _halved(found: Any) -> bool:
    """Whether a text or a name in it holds half a character (a lone surrogate)."""
    waiting = [found]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            if _HALF.search(value):
                return True
        elif isinstance(value, dict):
            waiting += value.keys()
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False


def register(app: Flask) -> None:
    """Write JSON our way."""
    app.json = Provider(app)


_SAID = "sentence"
_LISTS = frozenset({"edits", "faults", "left_out", "lost", "notes"})
"""Lists whose items, or items of theirs, say something in a sentence."""


def in_words(value: dict[str, Any]) -> dict[str, Any]:
    """An answer with the sentences of its faults, notes and edits in the reader's language."""
    found = {**value}
    for name in _LISTS & value.keys():
        found[name] = [in_words(item) for item in value[name] or ()]
    if _SAID in found:
        found[_SAID] = gettext(found[_SAID])
    return found


def rows(frame: DataFrame) -> list[dict[str, Any]]:
    """Rows as dicts of JSON values; what is missing (NaN, NaT, NA) is None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return cast("list[dict[str, Any]]", plain.to_dict("records"))


def table(frame: DataFrame, form: str, *, name: str, **facts: Any) -> Response:
    """A table as JSON (`facts` beside its `rows`) or as the CSV that every door gives."""
    if form == "csv":
        return csv(frame, name)
    return jsonify({**facts, "rows": rows(frame)})


def csv(frame: DataFrame, name: str) -> Response:
    """`frame` as a CSV download; the very bytes that the command line prints."""
    answer = Response(table_csv(frame), mimetype="text/csv")
    answer.headers["Content-Disposition"] = disposition(f"gisgrid_{name}.csv")
    return answer


def disposition(name: str) -> str:
    r"""Content-Disposition of a download: a plain ASCII name, and the full one for who reads it.

    >>> disposition("gisgrid_会宁.csv")
    "attachment; filename=\"gisgrid___.csv\"; filename*=UTF-8''gisgrid_%E4%BC%9A%E5%AE%81.csv"
    """
    name = name.replace("/", "_").replace("\\", "_")  # a code may hold one, a file name may not
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def finite(value: float | None) -> float | None:
    """A number JSON can write; NaN is "there is none"."""
    return None if value is None or math.isnan(value) else value
