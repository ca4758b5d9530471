"""Which heading of a file is which column of ours: by plain words in English and Chinese."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gisgrid.errors import ColumnMissing, HeadingMissing, UnknownWord
from gisgrid.exchange.short_names import SHORT_NAMES
from gisgrid.model import LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_TITLES = 10
"""So many rows are looked at for the headings."""
LON = "lon"
LAT = "lat"
WKT = "wkt"

_POSITION: dict[str, tuple[str, ...]] = {
    LON: ("lon", "lng", "long", "longitude", "经度", "x", "xcoord", "pointx", "东经", "x坐标"),
    LAT: ("lat", "latitude", "纬度", "y", "ycoord", "pointy", "北纬", "y坐标"),
}
DEGREES = frozenset({"lon", "lng", "long", "longitude", "经度", "东经"})
"""Headings that say degrees by themselves; an x may be metres."""
POSITION = DEGREES | {"lat", "latitude", "纬度", "北纬"}
"""Headings that are half of a position and nothing else; an x may be anything."""

WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "areas": {
        "code": ("code", "code12", "areacode", "adcode", "id", "编码", "代码", "区划代码", "编号"),
        "name": ("name", "areaname", "名称", "区划名称", "地名"),
        "level": ("level", "type", "级别", "层级", "等级", "类型"),
        "parent_code": (
            *("parentcode", "parent", "parent12", "parentid", "上级", "上级代码", "上级编码"),
            *("上级区划", "父级代码", "所属"),
        ),
    },
    "grids": {
        "code": (
            *("code", "gridcode", "gridid", "grid", "网格编号", "网格编码", "网格代码", "网格号"),
            *("编号", "编码", "代码", "id"),
        ),
        "name": ("name", "gridname", "网格名称", "名称", "网格名"),
        "area_code": (
            *("areacode", "area", "villagecode", "village", "村代码", "村编码", "所属村", "村"),
            *("社区", "社区代码", "区划代码", "上级", "上级代码", "乡镇", "乡镇代码"),
            "所属区划代码",
        ),
        "member": ("member", "gridmember", "网格员", "网格员姓名", "负责人"),
        "visit_every_days": (
            *("visiteverydays", "interval", "走访间隔", "走访周期", "走访天数", "走访周期天"),
        ),
        WKT: ("wkt", "geometry", "geom", "图形wkt"),
    },
    "households": {
        "id": (
            *("id", "householdid", "household", "户号", "户编号", "住户编号", "家庭编号", "编号"),
            *("户id", "户籍号", "户编码"),
        ),
        "name": ("name", "householdname", "户主", "户主姓名", "姓名", "名称"),
        "address": ("address", "addr", "地址", "住址", "家庭住址", "详细地址", "门牌"),
        "visit_every_days": (
            *("visiteverydays", "interval", "走访间隔", "走访周期", "走访天数", "走访周期天"),
        ),
        "listed_on": ("listedon", "listed", "登记日期", "建档日期", "入册日期"),
        "unlisted_on": ("unlistedon", "unlisted", "注销日期", "销户日期", "迁出日期"),
        "grid_code": ("gridcode", "grid", "gridid", "网格编号", "网格编码", "所属网格", "网格"),
    },
    "visits": {
        "id": ("id", "visitid", "走访编号", "记录编号", "编号"),
        "household_id": ("householdid", "household", "户号", "户编号", "住户编号", "家庭编号"),
        "visited_at": (
            *("visitedat", "visitedon", "visitdate", "visited", "date", "datetime", "走访时间"),
            *("走访日期", "日期", "时间", "入户时间", "入户日期", "走访时间utc"),
        ),
        "outcome": ("outcome", "result", "结果", "走访结果", "走访情况", "入户情况"),
        "member": ("member", "gridmember", "网格员", "网格员姓名", "走访人"),
        "note": ("note", "notes", "remark", "备注", "说明", "记录"),
        "client_id": ("clientid", "uuid", "设备记录号"),
    },
    "cases": {
        "id": (
            *("id", "caseid", "caseno", "事项编号", "事件编号", "工单号", "工单编号", "案件编号"),
            "编号",
        ),
        "household_id": ("householdid", "household", "户号", "户编号", "住户编号", "家庭编号"),
        "category": ("category", "type", "casetype", "类别", "类型", "事件类型", "分类"),
        "title": ("title", "subject", "summary", "标题", "事项", "事件名称"),
        "opened_on": (
            *("openedon", "opened", "openeddate", "created", "createdon", "createddate"),
            *("登记日期", "受理日期", "上报时间", "上报日期", "发生日期", "创建时间"),
        ),
        "due_on": ("dueon", "due", "duedate", "deadline", "期限", "截止日期", "办理期限"),
        "closed_on": (
            *("closedon", "closed", "closedate", "closeddate", "办结日期", "办结时间", "结案日期"),
            *("完成日期",),
        ),
        "status": ("status", "state", "状态", "办理状态"),
        "note": ("note", "notes", "remark", "备注", "说明"),
    },
}
"""layer -> our column -> plain headings, the best first, as `plain` writes them."""


@dataclass(frozen=True, slots=True)
class Match:
    """fields: our column -> their heading. ignored: headings that became nothing."""

    fields: dict[str, str]
    ignored: tuple[str, ...]


def plain(heading: str) -> str:
    """A heading without case, width, spaces and punctuation: `Household_ID ` -> householdid."""
    folded = unicodedata.normalize("NFKC", heading).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def words_of(layer: str) -> dict[str, tuple[str, ...]]:
    """All columns that a file of this layer can have, with their plain headings."""
    words = dict(WORDS[layer])
    if LAYERS[layer].geometry == "point":
        words |= _POSITION
    short = {full: plain(name) for full, name in SHORT_NAMES.items()}
    return {
        ours: (*theirs, *([short[ours]] if ours in short else [])) for ours, theirs in words.items()
    }


def heading_row(rows: Sequence[Sequence[Any]], layer: str | None) -> int:
    """Which of a sheet's first rows holds the headings: the first, or one with more of them.

    A list for people begins with its name, the office and the day, or has headings in two rows,
    of which the second has all of the first where their cells are merged. So a later row with two
    known headings or more takes over where it knows all that the first one does.
    """
    if layer not in WORDS:
        return 0
    known = {word for words in words_of(layer).values() for word in words}
    found = [
        known.intersection(plain(cell) for cell in row if isinstance(cell, str))
        for row in rows[:MOST_TITLES]
    ]
    best = max(found, key=len, default=set())
    return found.index(best) if len(best) >= 2 and found[0] < best else 0


def match(layer: str, headings: Sequence[str], said: Mapping[str, str], *, file: str) -> Match:
    """Find our columns among a file's headings.

    said: our column -> their heading, as a person named them; these come first. A heading serves
    one column. Raises UnknownWord for a column that the layer does not have, HeadingMissing for a
    heading that the file does not have. Whether required columns are there is `require`'s matter.
    """
    words = words_of(layer)
    fields: dict[str, str] = {}
    for ours, theirs in said.items():
        if ours not in words:
            raise UnknownWord(value=ours, kind="column", known=", ".join(words))
        named = [h for h in headings if h == theirs] or [
            h for h in headings if plain(h) == plain(theirs)
        ]
        if not named:
            raise HeadingMissing(file=file, heading=theirs, found=", ".join(headings))
        fields[ours] = named[0]
    by_plain: dict[str, str] = {}
    for heading in headings:
        if heading not in fields.values():
            by_plain.setdefault(plain(heading), heading)
    for ours, theirs_words in words.items():
        if ours in fields:
            continue
        found = next((by_plain.pop(word) for word in theirs_words if word in by_plain), None)
        if found is not None:
            fields[ours] = found
    ordered = {ours: fields[ours] for ours in words if ours in fields}
    used = set(fields.values())
    return Match(ordered, tuple(heading for heading in headings if heading not in used))


def require(
    layer: str, found: Match, headings: Sequence[str], *, file: str, made: str = ""
) -> None:
    """Raise ColumnMissing for the first required column that is not there, but for one `made`."""
    for column in LAYERS[layer].columns:
        if column.required and column.name not in found.fields and column.name != made:
            raise ColumnMissing(file=file, column=column.name, found=", ".join(headings))
