"""The same texts in what the level above reads: names of townships and what lies in its folder."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from gisgrid.access import CONSOLE
from gisgrid.model import Programme
from gisgrid.operations import rolling
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store

from .conftest import LISTED, NOW, serving
from .hostile import EVERY, RUN
from .test_hostile import clean
from .test_hostile_ids import lines

pytestmark = pytest.mark.browser

COUNTY = "620420"
CALLED = f"</title><script>{RUN}</script>{{{{7*7}}}}${{7*7}}`"
FOLDER = f"county=<img src=x onerror={RUN}>"
ABSENT = f"<svg onload={RUN}>"
"""A county that should be there and is not."""


def published(path, root) -> None:
    """A county whose townships are called by all texts, below `root`; and again in a folder."""
    codes = [f"{COUNTY}{n:03d}" for n in range(len(EVERY))]
    rows = [(COUNTY, CALLED, "county", None)]
    rows += [(code, text, "township", COUNTY) for code, text in zip(codes, EVERY, strict=True)]
    rows.append((f"{COUNTY}V", "Village", "village", codes[0]))
    grid = {"code": [f"{COUNTY}G"], "area_code": [f"{COUNTY}V"]}
    shape = [box(105, 35, 105.1, 35.1)]
    with Store.create(str(path), Programme()) as store:
        with store.write(today=LISTED) as w:
            w.put_areas(pd.DataFrame(rows, columns=["code", "name", "level", "parent_code"]))
            w.put_grids(gpd.GeoDataFrame(grid, geometry=shape, crs=4326), valid_from=LISTED)
        ws = Workspace(store, Settings(store=str(path)), lambda: NOW)
        rolling.publish(ws, CONSOLE, str(root))
    shutil.copytree(root / f"county={COUNTY}", root / "county=620421")
    other = root / "county=620421" / "manifest.json"
    said = json.loads(other.read_text("utf-8")) | {"county": "620421", "name": CALLED}
    other.write_text(json.dumps(said), "utf-8")
    shutil.copytree(root / "county=620421", root / FOLDER)


@pytest.fixture(scope="module")
def above(tmp_path_factory):
    folder = tmp_path_factory.mktemp("above")
    published(folder / "below.gpkg", folder / "root")
    expected = {"rollup_folder": str(folder / "root"), "rollup_expected": (COUNTY, ABSENT)}
    with serving(Settings(store=str(folder / "c.gpkg"), **expected), full=True) as s:
        yield s


def test_the_page_of_the_province_shows_each_text_as_it_is_and_runs_none(visit, above):
    page = visit("/province", at=above)
    said = lines(page.locator("main").text_content())
    assert lines(ABSENT) in said
    assert lines(FOLDER) in said
    clean(page)
    page.goto(f"/province?county={COUNTY}", wait_until="load")
    said = lines(page.locator("main").text_content())
    assert [text[:60] for text in (CALLED, *EVERY) if lines(text) not in said] == []
    assert CALLED[:8] in page.title() or "gisgrid" in page.title()
    clean(page)
