"""Which language a page speaks: the person's choice, the setting, else as the browser asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import has_request_context, request
from flask_babel import Babel, get_locale

from gisgrid.web.current import workspace

if TYPE_CHECKING:
    from flask import Flask

COOKIE = "gisgrid_language"
COOKIE_SECONDS = 365 * 24 * 3600

LANGUAGES = {"en": "en", "zh": "zh_Hans_CN"}
"""What a reader may choose -> the catalogue. The folder must be zh_Hans_CN: Babel turns zh_CN
into it, and a catalogue in a folder of another name is silently not found."""

HTML_LANG = {"en": "en", "zh": "zh-Hans"}


def chosen() -> str:
    """`en` or `zh` for this request."""
    if not has_request_context():
        return "en"
    cookie = request.cookies.get(COOKIE, "")
    if cookie in LANGUAGES:
        return cookie
    setting = workspace().settings.language
    if setting in LANGUAGES:
        return setting
    # Matched against "zh", not "zh_Hans": werkzeug would answer en for "zh-CN,zh;q=0.9,en;q=0.8".
    return request.accept_languages.best_match(["en", "zh"]) or "en"


def register(app: Flask) -> None:
    """Hang translation onto the application and give templates `lang` and `html_lang`."""
    app.config["BABEL_DEFAULT_LOCALE"] = "en"
    Babel(app, locale_selector=lambda: LANGUAGES[chosen()])

    @app.context_processor
    def words() -> dict[str, object]:
        return {"lang": chosen(), "html_lang": HTML_LANG[chosen()], "locale": get_locale()}
