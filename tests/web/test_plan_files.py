"""A draft as a file over the API and on its page: out, back, looked at, taken, refused."""

from __future__ import annotations

import io
import re
import sqlite3
import struct
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from shapely.geometry import box

from gisgrid.operations.plans import file_merge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Pens = Callable[..., Any]

GPKG = "application/geopackage+sqlite3"


def edited(data: bytes, tmp_path: Path, statement: str, *values: Any) -> bytes:
    """The file after what a program did that edits it."""
    path = tmp_path / "edited.gpkg"
    path.write_bytes(data)
    base = sqlite3.connect(path)
    for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    base.execute(statement, values)
    base.commit()
    base.close()
    return path.read_bytes()


def moved(mine: Any, tmp_path: Path) -> bytes:
    """The draft with G1 drawn over half of its neighbour, which was left as it was."""
    west, south, east, north = box_of(mine, "G1")
    return drawn(mine, tmp_path, box(west, south, east + (east - west) / 2, north))


def drawn(mine: Any, tmp_path: Path, polygon: Any) -> bytes:
    """The draft with another shape of G1."""
    data = mine.client.get(f"/api/v1/drafts/{mine.id}/file").data
    shape = shapely.MultiPolygon([polygon])
    blob = b"GP\x00\x01" + struct.pack("<i", 4326) + bytes(shapely.to_wkb(shape, byte_order=1))
    return edited(data, tmp_path, "UPDATE grids SET geom = ? WHERE code = 'G1'", blob)


def box_of(mine: Any, code: str) -> tuple[float, ...]:
    (found,) = (f for f in mine.get("/grids")["features"] if f["properties"]["code"] == code)
    bounds: tuple[float, ...] = shapely.geometry.shape(found["geometry"]).bounds
    return bounds


def sent(mine: Any, data: bytes, query: str = "", tag: str = "") -> Any:
    headers = {"X-CSRFToken": mine.key} | ({"If-Match": tag} if tag else {})
    return mine.client.post(
        f"/api/v1/drafts/{mine.id}/file{query}",
        data=data,
        headers=headers,
        content_type="application/octet-stream",
    )


def test_a_draft_goes_out_and_what_comes_back_is_looked_at_then_taken(
    pen: Pens, fits: Callable[..., None], tmp_path: Path
) -> None:
    mine = pen()
    answer = mine.client.get(f"/api/v1/drafts/{mine.id}/file")
    assert answer.mimetype == GPKG
    assert answer.headers["Content-Disposition"].startswith(
        f'attachment; filename="gisgrid_draft_{mine.id}_v1.gpkg"'
    )
    found = sent(mine, answer.data, "?dry_run=1").json
    assert found["unchanged"] is True
    data = moved(mine, tmp_path)
    refused = sent(mine, data, tag=mine.tag)
    assert (refused.status_code, refused.json["code"]) == (422, "file_breaks_plan")
    assert {fault["what"] for fault in refused.json["facts"]["faults"]} == {"overlap"}
    assert sent(mine, data).json["code"] == "version_needed"
    assert sent(mine, b"no file", tag=mine.tag).status_code == 415
    assert mine.get()["version"] == 1
    taken = sent(mine, data, "?repair=1&gap_m=10", tag='"v1"')
    assert (taken.status_code, taken.headers["ETag"]) == (200, '"v2"')
    assert taken.json["households"]["count"] > 0
    assert mine.get()["edits"][0]["op"] == "file"
    assert sent(mine, data, "?repair=1", tag='"v1"').status_code == 412


def test_the_page_takes_a_file_only_after_it_was_looked_at(
    pen: Pens, token: Callable[..., str], tmp_path: Path
) -> None:
    mine = pen()
    address = f"/plans/{mine.id}/file"
    assert f'href="{address}"' in mine.client.get(f"/plans/{mine.id}").text
    assert mine.client.get(f"{address}/download").mimetype == GPKG
    data = moved(mine, tmp_path)
    form = {"csrf_token": token(mine.client, address), "file": (io.BytesIO(data), "草案.gpkg")}
    kept = mine.client.post(address, data=form)
    assert kept.status_code == 303
    page = mine.client.get(kept.location).text
    assert "Grids overlap here." in page
    assert "草案.gpkg" in page
    assert len(re.findall('class="file-picture"', page)) == 2, "one of the fault, one of the place"
    assert page.index('class="file-gap"') < page.index('class="file-picture"'), "the repair first"
    assert mine.get()["version"] == 1
    fields = {"csrf_token": token(mine.client, kept.location), "seen": "1", "gap_m": "50"}
    again = mine.client.post(kept.location, data=fields)
    assert again.status_code == 422, "the repair was not wished for"
    assert "look at it and take it (“Take it as it is mended”)" in again.text
    done = mine.client.post(kept.location, data=fields | {"repair": "1"})
    assert (done.status_code, done.location) == (303, f"/plans/{mine.id}")
    assert mine.get()["version"] == 2
    assert mine.client.get(kept.location).status_code == 410, "a file that was taken is gone"


def test_a_repair_that_changes_no_grid_names_none(
    pen: Pens, token: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_merge, "found_alike", lambda *_: False)  # somebody lives in the hair
    mine = pen()
    west, south, east, north = box_of(mine, "G1")
    bent = (east + 2e-7, (south + north) / 2)
    corners = [(west, south), (east, south), bent, (east, north), (west, north)]
    data = drawn(mine, tmp_path, shapely.Polygon(corners))
    address = f"/plans/{mine.id}/file"
    form = {"csrf_token": token(mine.client, address), "file": (io.BytesIO(data), "draft.gpkg")}
    page = mine.client.get(mine.client.post(address, data=form).location).text
    assert "Grids overlap here." in page
    assert "These grids get other edges" not in page
    assert "No grid gets other edges than in the file, but for a few centimetres." in page


@pytest.mark.parametrize("gap", [True, False])
def test_wider_gaps_are_the_cure_only_where_a_gap_is_left(
    pen: Pens,
    token: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gap: bool,
) -> None:
    mine = pen()
    west, south, east, north = box_of(mine, "G1")
    foot = (east - 0.002, south) if gap else (east + 0.002, south)
    if not gap:  # the overlap is left
        monkeypatch.setattr(file_merge, "mend", lambda plan, mine, raw, **_: raw)
    data = drawn(
        mine, tmp_path, shapely.Polygon([(west, south), foot, (east, north), (west, north)])
    )
    address = f"/plans/{mine.id}/file"
    form = {"csrf_token": token(mine.client, address), "file": (io.BytesIO(data), "draft.gpkg")}
    page = mine.client.get(mine.client.post(address, data=form).location).text
    assert "This would still be wrong after the repair" in page
    assert ("or close wider gaps" in page) is gap


def test_who_may_not_redraw_gives_nothing_back(pen: Pens) -> None:
    mine = pen()
    data = mine.client.get(f"/api/v1/drafts/{mine.id}/file").data
    other = pen(role="supervisor", draft=mine.id)
    assert other.client.get(f"/plans/{mine.id}/file").status_code == 200
    assert sent(other, data, tag='"v1"').status_code == 403


def test_changed_words_are_named_as_people_name_them(
    pen: Pens, token: Callable[..., str], tmp_path: Path
) -> None:
    mine = pen()
    address = f"/plans/{mine.id}/file"
    data = mine.client.get(f"{address}/download").data
    data = edited(data, tmp_path, "UPDATE grids SET member = '周', name = '东一' WHERE code = 'G1'")
    form = {"csrf_token": token(mine.client, address), "file": (io.BytesIO(data), "草案.gpkg")}
    kept = mine.client.post(address, data=form)
    page = mine.client.get(kept.location, headers={"Accept-Language": "zh"}).text
    cells = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', page)
    assert {word for _, word in cells[:2]} == {"网格员", "网格名称"}
    assert all("东一" in grid and "G1" in grid for grid, _ in cells)
