"""Two answers, to a foreign id and to a missing one, held against each other to the letter."""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from flask import Flask, Response
from markupsafe import escape

from .told import told

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

KINDS = ("foreign", "missing")
NEXT = "/rights"
Told = tuple["TestResponse", str, str]
"""An answer, the name that was asked for, and what the next page says of it."""


def said_after(client: FlaskClient, answer: TestResponse) -> str:
    """What the next page says of a form that led on."""
    if answer.status_code != 303 or answer.request.method == "GET":
        return ""
    return "".join(re.findall(r'<p class="notice [^"]*" role="\w+">.*?</p>', client.get(NEXT).text))


def spellings(asked: str) -> list[str]:
    """How an answer may say a name back that was asked for, the longest first."""
    plain = unquote(asked)
    once = quote(plain, safe="")
    said = {asked, plain, str(escape(plain)), once, quote(plain, safe="/:,"), quote(once, safe="")}
    return sorted(said, key=len, reverse=True)


def differing(answers: dict[Any, dict[str, Told]]) -> dict[Any, Any]:
    """Where a foreign and a missing id are answered otherwise -> the lines that differ."""
    found = {}
    for place, both in answers.items():
        spelt = [word for _, asked, _ in both.values() for word in spellings(asked)]
        theirs, nobodys = (told(both[k][0], (*map(re.escape, spelt),)) for k in KINDS)
        notices = [reduce(lambda t, word: t.replace(word, "?"), spelt, b[2]) for b in both.values()]
        if theirs != nobodys or notices[0] != notices[1]:
            one, two = ("\n".join(each[1]).split("\n") for each in (theirs, nobodys))
            one, two = [*one, notices[0]], [*two, notices[1]]
            apart = [pair for pair in zip(one, two, strict=False) if pair[0] != pair[1]]
            found[place] = theirs[0], nobodys[0], apart
    return found


def test_what_differs_is_found_and_what_was_asked_for_is_no_difference() -> None:
    app = Flask(__name__)
    app.add_url_rule("/<code>", "page", lambda code: Response(f"{code}: {SAID[code]}"))
    client = app.test_client()

    def pair(code: str, notice: str = "") -> dict[str, Told]:
        one, two = (client.get(f"/{each}") for each in (code, "ZZ"))
        return {"foreign": (one, code, notice), "missing": (two, "ZZ", "")}

    assert differing({"alike": pair("G4")}) == {}
    assert set(differing({"told": pair("G5"), "flashed": pair("G4", "no")})) == {"told", "flashed"}


SAID = {"G4": "not there", "G5": "not yours", "ZZ": "not there"}
