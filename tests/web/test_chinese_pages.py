"""Every word of ours on a page is Chinese for who reads Chinese."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    Enter = Callable[..., FlaskClient]

SPOKEN = ("title", "aria-label", "placeholder", "data-label")
OURS = {"gisgrid", "EPSG:4490", "GeoJSON", "GeoPackage", "FlatGeobuf", "KML", "WGS 84", "GCJ-02"}
OURS |= {"BD-09", "CSV", "Excel", "GeoParquet", "Shapefile", "English", "中文", "zip", "UTF-8"}
"""What is written alike in both languages: names of formats and systems, and the languages."""

DATA = (
    r"\b(Name|Road|Grid|Member|Upper|Lower|Far|Daokou|Unlocated One|Unassigned Two|water"
    r"|road|somewhere|nowhere|person\S*|audit|(data_officer|admin|data_protection) \*)( G\d)?( \d)?"
)
"""What the store of these tests holds."""


class Words(HTMLParser):
    """The texts of a page as people see or hear them; `code` is not among them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style", "code", "template")
        self.found += [value.strip() for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style", "code", "template")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.silent:
            self.found.append(" ".join(data.split()))


def english(page: str) -> set[str]:
    """The texts of a page with a word of Latin letters in them."""
    return {text for text in Words(page).found if re.search(r"[A-Za-z]{3}", text)}


@pytest.mark.parametrize(
    ("role", "address", "least"),
    [
        ("data_officer", "/", 20),
        ("data_officer", "/cases", 30),
        ("data_officer", "/households", 30),
        ("data_officer", "/households?status=gap&area=T1", 30),
        ("data_officer", "/households/G2-0", 20),
        ("data_officer", "/import", 25),
        ("data_officer", "/export", 20),
        ("data_officer", "/rights", 30),
        ("data_officer", "/nowhere", 10),
        ("admin", "/people", 15),
        ("admin", "/rights", 30),
        ("data_protection", "/audit", 10),
    ],
)
def test_no_word_of_a_page_is_left_in_english(
    enter: Enter, hostile: tuple[str, ...], role: str, address: str, least: int
) -> None:
    client = enter(role)
    plain = english(client.get(address, headers={"Accept-Language": "en"}).text)
    chinese = english(client.get(address, headers={"Accept-Language": "zh"}).text)
    assert len(plain) >= least
    same = {text for text in plain & chinese if text not in hostile and not of_the_store(text)}
    assert same == set()
    only = {text for text in chinese - plain if not re.search("[\u4e00-\u9fff]", text)}
    assert {text for text in only if not of_the_store(text)} == set()


def of_the_store(text: str) -> bool:
    """Whether a text is data (names, roads, codes, accounts), or written alike everywhere."""
    for word in OURS:
        text = text.replace(word, "")
    return not re.search(r"[A-Za-z]{3}", re.sub(DATA, "", text))
