from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gisgrid import resources

if TYPE_CHECKING:
    from flask import Flask

CSS = re.compile(r'href="(/static/@[0-9a-f]{12}/css/gisgrid\.css)"')


def test_an_address_that_names_the_content_is_kept_for_a_year(app: Flask) -> None:
    client = app.test_client()
    found = CSS.search(client.get("/signin").text)
    assert found
    answer = client.get(found[1], headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"


def test_a_plain_address_is_asked_for_again(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/static/css/gisgrid.css")
    assert answer.headers["Cache-Control"] == "public, no-cache"
    kept = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/static/css/gisgrid.css", headers=kept).status_code == 304


def test_nothing_outside_the_folder_is_served(app: Flask) -> None:
    client = app.test_client()
    for name in (
        "../pyproject.toml",
        "..%2fpyproject.toml",
        "@0/../../README.md",
        "/etc/passwd",
        "",
    ):
        assert client.get(f"/static/{name}", follow_redirects=True).status_code == 404, name


def test_every_file_that_a_page_names_is_there(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/signin").text
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert named
    for address in named:
        assert client.get(address).status_code == 200, address


def test_a_kind_of_notice_is_not_dressed_as_something_else() -> None:
    """A rule for `.done` alone made a pill of every notice that says that something is done."""
    sheets = (resources.folder("static") / "css").glob("*.css")
    text = re.sub(r"/\*.*?\*/", "", "".join(p.read_text("utf-8") for p in sheets), flags=re.DOTALL)
    rules = {part.strip() for group in re.findall(r"([^{}]+)\{", text) for part in group.split(",")}
    kinds = {found[1] for rule in rules if (found := re.fullmatch(r"\.notice\.([\w-]+)", rule))}
    assert {"done", "error"} <= kinds
    assert not rules & {f".{kind}" for kind in kinds}


def test_every_rule_of_a_stylesheet_ends_before_the_next_begins() -> None:
    """A brace was missing: all rules after it were taken as part of the one before, and lost."""
    for path in (resources.folder("static") / "css").glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        depth, within = 0, [False, False]  # whether what is open is a condition such as @media
        for head, brace in re.findall(r"([^{};]*)([{};])", text):
            if brace == "{":
                assert depth == 0 or within[depth - 1], f"{path.name}: {head.strip()}"
                within[depth] = head.strip().startswith("@")
                depth += 1
            elif brace == "}":
                depth -= 1
        assert depth == 0, path.name
