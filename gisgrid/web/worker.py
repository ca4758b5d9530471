"""The script that keeps the work list at hand while the line is down, and what it has to keep."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import current_app
from flask_babel import get_locale
from flask_babel import gettext as _

from gisgrid import resources

if TYPE_CHECKING:
    from typing import Any

SCRIPTS = ("frame.js", "guard.js", "work.js")
"""What the page of the work list loads."""

FIXED = ("css/gisgrid.css", "icon.svg", "i18n/zh_Hans_CN.json")
_IMPORT = re.compile(r'(?:from|import\(|import)\s*"\./([\w-]+\.js)"')


@lru_cache(maxsize=1)
def files() -> tuple[str, ...]:
    """The scripts, all that they import, and the style: names below static/."""
    folder = resources.folder("static") / "app"
    found: list[str] = []
    left = list(SCRIPTS)
    while left:
        name = left.pop(0)
        if name not in found:
            found.append(name)
            left += _IMPORT.findall((folder / name).read_text("utf-8"))
    return (*(f"app/{name}" for name in found), *FIXED)


def script() -> str:
    """The worker's script: static/app/work-worker.js with its constants in front."""
    asset: Any = current_app.jinja_env.globals["asset"]
    locale = get_locale()
    constants = {
        "BASE": asset(""),
        "FILES": [asset(name) for name in files()],
        "WORDS": {
            "lang": locale.language if locale else "en",
            "title": _("No line"),
            "text": _("The work list is not on this device. It comes back with the line."),
        },
    }
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in constants.items())
    return head + (resources.folder("static") / "app" / "work-worker.js").read_text("utf-8")
