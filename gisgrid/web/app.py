"""The factory: settings in, an application out. Nothing happens at import."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from gisgrid.operations.workspace import Workspace
from gisgrid.web import (
    account,
    addresses,
    answers,
    api,
    assets,
    basemap,
    exports,
    files,
    gate,
    headers,
    health,
    households,
    journal,
    language,
    ogc,
    owner,
    pages,
    people,
    person_data,
    plan_files,
    plans,
    plans_api,
    problems,
    province,
    record_api,
    recording,
    rights,
    sessions,
    templating,
    tilejson,
    tiles,
)
from gisgrid.web.secret import secret_key

if TYPE_CHECKING:
    from gisgrid.settings import Settings

COOKIE = "gisgrid"


class Csrf(CSRFProtect):  # type: ignore[misc]
    """A form needs its token, but for programs that send one of their own with every request."""

    def protect(self, **how: Any) -> None:
        """Check the request; what a browser sends along by itself never counts as a token."""
        if request.method in headers.SAFE_METHODS:
            return  # who asks whether the process lives is not looked up in the store
        if not (current_user.is_authenticated and current_user.by_token):
            super().protect(**how)


def create_app(
    settings: Settings, workspace: Workspace | None = None, *, behind_proxy: bool = False
) -> Flask:
    """The web application of one store.

    workspace: an open one (tests and the command line have it already); else it is opened from
    the settings. behind_proxy: take the visitor's address and scheme from the headers of exactly
    one proxy; with none in front anybody could write these headers.

    Raises StoreMissing and its kin, SettingBad for a weak secret key.
    """
    ws = workspace or Workspace.open(settings)
    app = Flask("gisgrid.web", static_folder=None)
    megabytes = settings.upload_megabytes
    app.config.update(
        SECRET_KEY=secret_key(settings),
        SESSION_COOKIE_NAME=f"__Host-{COOKIE}" if settings.secure_cookies else COOKIE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.session_days),
        # A tile needs no cookie; the session's last day is fixed when it begins.
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=megabytes * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=100,
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        # A form lives as long as the session: people leave pages open over lunch.
        WTF_CSRF_TIME_LIMIT=None,
        # Referrers are never sent (Referrer-Policy), so they cannot be asked for;
        # headers.refuse_other_sites looks at Sec-Fetch-Site instead.
        WTF_CSRF_SSL_STRICT=False,
    )
    app.extensions["gisgrid"] = ws
    for room in (
        addresses,
        journal,
        templating,
        owner,
        recording,
        assets,
        language,
        headers,
        sessions,
        gate,
        problems,
        answers,
        health,
    ):
        room.register(app)
    Csrf(app)

    rooms = (pages, households, people, files, api, plans_api, tiles, basemap, health, rights)
    more = (plans, plan_files, exports, person_data, record_api, recording, ogc, tilejson, account)
    for room in (*rooms, *more, province):
        app.register_blueprint(room.blueprint)
    if behind_proxy:
        proxied = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)
        app.wsgi_app = proxied  # type: ignore[method-assign]
    return app
