from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import read_mo

from gisgrid.errors import FileDamaged, FileUnreadable
from gisgrid.exchange.chinese import SHEETS, WORDS
from gisgrid.exchange.losses import RULES
from gisgrid.exchange.losses_chinese import CHINESE
from gisgrid.exchange.mending import PROBLEMS
from gisgrid.web import catalogue, create_app
from gisgrid.web.labels import label
from gisgrid.web.problems import sentence
from gisgrid.web.templating import note, reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from babel.messages.catalog import Catalog
    from flask import Flask
    from flask.testing import FlaskClient

    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

LOST = ("its .shp is cut off or damaged", "its .dbf is shorter than it says")
ZH, EN = '<html lang="zh-Hans">', '<html lang="en">'


@pytest.mark.parametrize(
    ("asked", "tag", "word"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", ZH, "登录"),
        ("zh-TW", ZH, "登录"),
        ("en-GB,en;q=0.9,zh;q=0.1", EN, "Sign in"),
        ("fr", EN, "Sign in"),
        ("", EN, "Sign in"),
    ],
)
def test_a_page_speaks_as_the_browser_asks(app: Flask, asked: str, tag: str, word: str) -> None:
    page = app.test_client().get("/signin", headers={"Accept-Language": asked}).text
    assert tag in page
    assert word in page


def test_the_setting_is_stronger_than_the_browser_and_the_choice_than_both(
    settings: Settings, ws: Workspace, token: Callable[..., str]
) -> None:
    ws.settings = replace(settings, language="zh")
    client = create_app(ws.settings, ws).test_client()
    assert ZH in client.get("/signin", headers={"Accept-Language": "en"}).text
    answer = client.post(
        "/language/en", data={"csrf_token": token(client), "next": "/signin?next=/cases"}
    )
    assert (answer.status_code, answer.location) == (303, "/signin?next=/cases")
    assert EN in client.get("/signin").text


def test_an_unknown_language_and_a_foreign_way_back_are_refused(
    app: Flask, token: Callable[..., str]
) -> None:
    client = app.test_client()
    key = token(client)
    assert client.post("/language/xx", data={"csrf_token": key}).status_code == 404
    away = client.post("/language/zh", data={"csrf_token": key, "next": "https://evil.example"})
    assert away.location == "/"


def test_refusals_are_translated_with_their_facts(
    enter: Callable[..., FlaskClient],
) -> None:
    chinese = {"Accept-Language": "zh"}
    answer = enter().get("/api/v1/coverage?as_of=x", headers=chinese)
    assert answer.json["detail"].startswith("“x”不是日期")


FACTS = {"most": 32, "said": "x", "line": 5, "shapes": 9, "read": 8, "part": "a.shp", "cell": "Z9"}


def test_what_is_wrong_with_a_file_is_said_in_the_readers_language(app: Flask) -> None:
    cases = {
        FileUnreadable(file="a", why=why, **FACTS): "无法读取" for why in FileUnreadable.problems
    } | {
        FileUnreadable(file="a", problem="the archive is damaged"): "压缩包已损坏",
        FileDamaged(file="a", problem="; ".join(LOST), saved=1, rows=2): "；.dbf 比其所称的要短",
    }
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        for err, chinese in cases.items():
            said = sentence(err).replace("--salvage", "")
            assert chinese in said
            assert set(re.findall("[a-z]{3,}", said)) <= {"shp", "dbf"}


def test_what_is_wrong_with_a_row_and_what_was_mended_is_said_in_the_readers_language(
    app: Flask,
) -> None:
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        facts = {"problem": "has more cells than there are headings"}
        assert "单元格多于列名" in reason({"code": "unreadable", "facts": facts})
        facts = {"problem": PROBLEMS["self-intersection"], "lon": 105, "lat": 35}
        assert "自相交叉" in reason({"code": "ambiguous_shape", "facts": facts})
        assert "缺失" in note({"code": "shx_rebuilt", "facts": {"problem": "missing"}})


def test_every_text_of_the_source_is_in_the_catalogue_and_translated() -> None:
    kept = catalogue.kept()
    new = catalogue.renewed(kept)
    missing = [m.id for m in new if m.id and not all(catalogue.forms(m.string))]
    assert missing == []
    assert {str(m.id) for m in kept} == {str(m.id) for m in new}


def test_what_a_file_could_not_keep_is_one_text_on_pages_and_in_files() -> None:
    kept = catalogue.kept()
    assert {rule: kept.get(text).string for rule, text in RULES.items()} == CHINESE


def test_an_export_in_chinese_says_the_words_of_the_pages(app: Flask) -> None:
    table = {"reason": "outcome", "flags": "flag"}
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        for (_, column), words in WORDS.items():
            for word, said in words.items():
                assert label(table.get(column, column), word) == said
        for layer, title in SHEETS.items():
            assert label("layer", layer.replace("_", "-")) == title


def test_what_gisgrid_refuses_is_one_word_in_chinese_and_a_household_that_refused_another() -> None:
    kept = catalogue.kept()
    assert kept.get("refused").string == "拒访"
    said = {
        str(message.id): str(message.string)
        for message in kept
        if re.search(r"(?<!\()\brefused\b", str(message.id), re.IGNORECASE)
        and message.id != "refused"
    }
    assert len(said) > 5
    assert {text for text in said.values() if "拒绝" not in text} == set()


def test_places_for_facts_survive_translation() -> None:
    import re

    for message in catalogue.kept():
        if message.id:
            wanted = set(re.findall(r"%\(\w+\)s", catalogue.forms(message.id)[-1]))
            for text in catalogue.forms(message.string):
                assert set(re.findall(r"%\(\w+\)s", text)) == wanted, message.id


def texts(found: Catalog) -> dict[str, list[str]]:
    return {catalogue.forms(m.id)[0]: list(catalogue.forms(m.string)) for m in found if m.id}


def test_the_compiled_forms_are_those_of_the_catalogue() -> None:
    kept = catalogue.kept()
    with catalogue.MO.open("rb") as file:
        compiled = read_mo(file)
    assert texts(compiled) == texts(kept)
    script = catalogue.script_catalogue().read_text("utf-8")
    assert script == catalogue.for_script(kept)


@pytest.mark.parametrize(("address", "kind"), [("/?foo=1", "参数"), ("/?restate=x", "是否值")])
def test_a_wrong_argument_is_named_in_chinese(
    look_in: Callable[..., FlaskClient], address: str, kind: str
) -> None:
    page = look_in().get(address, headers={"Accept-Language": "zh"}).text
    assert f"不是可用的{kind}；" in page
