"""Texts that break things, and a county in which every field of text holds them."""

from __future__ import annotations

from datetime import timedelta

import geopandas as gpd
import pandas as pd
from shapely.geometry import box

from gisgrid.access import EVERYWHERE
from gisgrid.exchange.limits import MAX_TEXT

from .conftest import LISTED, NOW, TODAY

RUN = "window.__gg=1"
MARKUP = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror='{RUN}'//",
    f'"><img src=x onerror="{RUN}">',
    f"'><svg onload={RUN}>",
    f"<svg/onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<iframe src=javascript:parent.{RUN}>",
    f"<a href=javascript:{RUN}>x</a>",
    f"javascript:{RUN}",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}>",
    f"<math><mi//xlink:href='data:x,<script>{RUN}</script>'>",
    f"<style>@import 'javascript:{RUN}'</style>",
    f"<div style='background:url(javascript:{RUN})'>",
    f"<meta http-equiv=refresh content='0;javascript:{RUN}'>",
    "<base href='//example.invalid/'>",
    "<link rel=stylesheet href='//example.invalid/x.css'>",
    f"<form><button formaction=javascript:{RUN}>x",
    f"<object data='data:text/html,<script>{RUN}</script>'>",
    "<!--",
    "-->",
    f"--><script>{RUN}</script>",
    "<![CDATA[",
    "]]>",
    "<textarea>",
    "</title>",
    f"</title><script>{RUN}</script>",
    "</td></tr></table>",
    "<",
    ">",
    "&",
    "&amp;",
    "&lt;b&gt;",
    "&#60;b&#62;",
    "%3Cscript%3E",
    "<b>bold</b>",
    "<plaintext>",
    "<xmp>",
    "<noscript>",
]
TEMPLATES = [
    "{{ 7*7 }}",
    "{{7*7}}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ config }}",
    "{{",
    "}}",
    "{% set x = 7 %}",
    "{% raw %}",
    "{% endraw %}",
    "{% include '/etc/passwd' %}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{# 注释 #}",
    "${" + RUN + "}",
    "${7*7}",
    "`+(" + RUN + ")+`",
    "`",
    "\\`",
    "\\\\`+(" + RUN + ")+`",
    "\\",
    "\\u003cscript\\u003e",
    "'+" + RUN + "+'",
    '"+' + RUN + '+"',
    "';" + RUN + ";//",
    '";' + RUN + ";//",
    "%(name)s",
    "%s%s%n",
    "{0}",
    "{name}",
    "#{7*7}",
    "<%= 7*7 %>",
    "[[7*7]]",
    "@(7*7)",
    "*{7*7}",
    "__proto__",
    "constructor",
    "null",
    "undefined",
]
CELLS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "'=1",
    '=HYPERLINK("http://example.invalid")',
    "1e309",
    "0x41",
    "007",
    "'; DROP TABLE visits; --",
    "' OR '1'='1",
    "a,b;c",
    'say "yes"',
    "%",
    "_",
    "NaN",
    "true",
    "2026-11-22",
]
LETTERS = [
    "\u202eevil\u202c",
    "\u2066a\u2069",
    "\u200bzero\u200b",
    "\ufeffbom",
    "a\u0301\u0327",
    "Z\u0351\u036b\u0343\u032a",
    "𠮷野家",
    "㐂𪚥龘",
    "𬺰𮯠",
    "ﷺ",
    "👩‍👩‍👧‍👦🏽",
    "İıſK",
    "\u0085next",
    "tab\tin",
    "\x1b[31mred",
    "\x07bell",
    "\u2028line",
    "长" * 120,
    "W" * 150,
    "\uffff",
    "ｆｕｌｌ　ｗｉｄｔｈ",
]
TEXTS = [*MARKUP, *TEMPLATES, *CELLS, *LETTERS]


def filled(piece: str, length: int) -> str:
    """A piece said again and again, to the letter as long as a field may be."""
    return (piece * (length // len(piece) + 1))[:length]


PIECES = ("W", "长", f"<b onclick={RUN}>", "\u202e{{ 7*7 }}${7*7}`")
LONG = [filled(piece, MAX_TEXT) for piece in PIECES]
"""As long as a cell of a file may be; a text without a blank cannot be broken into lines."""
EVERY = [*TEXTS, *LONG]
SIDE = 0.002


def put(store) -> None:
    """Text number n in every field of village, grid, household, visit and case number n."""
    n = range(len(EVERY))
    code = [f"X{i:03d}" for i in n]
    spots = [(105.6 + (i % 16) * SIDE, 35.6 + (i // 16) * SIDE) for i in n]
    squares = [box(x, y, x + SIDE, y + SIDE) for x, y in spots]
    day = [TODAY - timedelta(days=20)] * len(EVERY)
    with store.write() as w:
        w.put_areas(
            pd.DataFrame({"code": code, "name": EVERY, "level": "village", "parent_code": "T3"})
        )
        grids = {
            "code": [f"{c}-g" for c in code],
            "name": EVERY,
            "area_code": code,
            "member": EVERY,
        }
        new = gpd.GeoDataFrame(grids, geometry=squares, crs=4326)
        w.put_grids(
            pd.concat([store.grids(scope=EVERYWHERE), new], ignore_index=True), valid_from=LISTED
        )
        homes = {"id": code, "name": EVERY, "address": EVERY, "listed_on": [LISTED] * len(EVERY)}
        middle = [square.centroid for square in squares]
        w.put_households(gpd.GeoDataFrame(homes, geometry=middle, crs=4326))
        at = pd.to_datetime([NOW - timedelta(days=15)] * len(EVERY))
        visits = {"id": code, "household_id": code, "visited_at": at, "outcome": "met"}
        w.put_visits(pd.DataFrame(visits | {"member": EVERY, "note": EVERY}))
        cases = {"id": code, "household_id": code, "opened_on": day, "category": EVERY}
        cases |= {"title": EVERY, "status": EVERY, "note": EVERY}
        w.put_cases(gpd.GeoDataFrame(cases, geometry=[None] * len(EVERY), crs=4326))
