"""The only room that knows Flask: pages, JSON, tiles and files over `operations`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

__all__ = ["create_app"]


def create_app(
    settings: Settings, workspace: Workspace | None = None, *, behind_proxy: bool = False
) -> Flask:
    """The web application of one store; see gisgrid.web.app."""
    # Late import: the catalogue of text and the OpenAPI table are of use without an application.
    from gisgrid.web import app  # noqa: PLC0415

    return app.create_app(settings, workspace, behind_proxy=behind_proxy)
