"""The layers for programs keep the word of their document, whatever is asked."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from gisgrid.access import CONSOLE
from gisgrid.operations import people

from .keeping_word import try_all

if TYPE_CHECKING:
    from flask import Flask

    from gisgrid.operations.workspace import Workspace

PASSWORD = "a long enough phrase"


def test_the_layers_keep_the_word_of_their_document(app: Flask, ws: Workspace) -> None:
    people.add(ws, CONSOLE, "li", role="data_officer", scope="*", password=PASSWORD)
    mark = b64encode(f"li:{PASSWORD}".encode()).decode()
    # The programs of tests do not unpack what is sent packed.
    headers = {"Authorization": f"Basic {mark}", "Accept-Encoding": "identity"}
    document = app.test_client().get("/ogc/api", headers=headers).get_json(force=True)
    tried = try_all(app, document, "/ogc", headers, examples=6)
    assert tried == 4 + 5 * 4  # the five layers, and what leads to them
