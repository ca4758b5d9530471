"""What people call the columns of an export, in English and Chinese."""

from __future__ import annotations

_COLUMNS: dict[str, tuple[str, str]] = {
    "code": ("code", "编号"),
    "name": ("name", "名称"),
    "level": ("level", "级别"),
    "parent_code": ("code of the area above", "上级代码"),
    "area_code": ("code of the area", "所属区划代码"),
    "member": ("grid member", "网格员"),
    "visit_every_days": ("visit interval in days", "走访周期（天）"),
    "id": ("number", "编号"),
    "address": ("address", "地址"),
    "listed_on": ("listed on", "登记日期"),
    "unlisted_on": ("unlisted on", "注销日期"),
    "grid_code": ("code of the grid", "网格编号"),
    "household_id": ("number of the household", "户号"),
    "visited_at": ("visited at (UTC)", "走访时间（UTC）"),
    "outcome": ("outcome", "走访结果"),
    "note": ("note", "备注"),
    "client_id": ("id given by the device", "设备记录号"),
    "category": ("category", "类别"),
    "title": ("title", "标题"),
    "opened_on": ("opened on", "登记日期"),
    "due_on": ("due on", "截止日期"),
    "closed_on": ("closed on", "办结日期"),
    "status": ("status", "状态"),
    "households": ("listed households", "在册户数"),
    "on_time": ("on time", "按期"),
    "due_soon": ("due soon", "即将到期"),
    "overdue": ("overdue", "逾期"),
    "never": ("never visited", "从未走访"),
    "gap": ("in a visit gap", "走访缺口"),
    "coverage": ("coverage (share)", "覆盖率"),
    "unlocated": ("without a location", "无位置"),
    "open": ("open cases", "未办结"),
    "opened": ("opened in 30 days", "近30天登记"),
    "closed": ("closed in 30 days", "近30天办结"),
    "household": ("number of the household", "户号"),
    "grid": ("code of the grid", "网格编号"),
    "last_visit": ("last visit", "上次走访"),
    "days_waiting": ("days waiting", "等待天数"),
    "open_cases": ("open cases", "未办结事项"),
    "overdue_cases": ("overdue cases", "逾期事项"),
    "reason": ("reason of the last attempt", "上次未成原因"),
    "received_at": ("received at (UTC)", "收到时间（UTC）"),
    "zone": ("time zone", "时区"),
    "flags": ("marks", "标记"),
    "corrects": ("number of the visit that it corrects", "所更正的走访编号"),
    "corrected": ("corrected since", "已被更正"),
    "decided_by": ("decided by", "处理人"),
    "hidden": ("hidden columns", "隐去的列"),
    "lon": ("longitude", "经度"),
    "lat": ("latitude", "纬度"),
    "wkt": ("shape (WKT)", "图形（WKT）"),
}
_OF_LAYER: dict[tuple[str, str], tuple[str, str]] = {
    ("households", "id"): ("number of the household", "户号"),
    ("households", "name"): ("name of the household", "户主"),
    ("visits", "id"): ("number of the visit", "走访编号"),
    ("cases", "id"): ("number of the case", "事项编号"),
    ("grids", "code"): ("code of the grid", "网格编号"),
    ("grids", "name"): ("name of the grid", "网格名称"),
    ("case_table", "overdue"): ("overdue cases", "逾期事项"),
}


def heading(layer: str, column: str) -> tuple[str, str]:
    """English and Chinese heading; the column's own name where it has none."""
    return _OF_LAYER.get((layer, column)) or _COLUMNS.get(column) or (column, column)


_REMARKS: dict[tuple[str, str], tuple[str, str]] = {
    ("households", "grid_code"): (
        "Named only where there is no position: the grid is found by the position.",
        "仅在没有位置时填写；有位置的住户按位置归入网格。",
    ),
}


def remark(layer: str, column: str) -> tuple[str, ...]:
    """What to know of a column, in English and Chinese; mostly nothing."""
    return _REMARKS.get((layer, column), ())
