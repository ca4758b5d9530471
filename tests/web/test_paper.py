"""What a printed map may say: the same as a file at the level public, of an area and its parts."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    Enter = Callable[..., FlaskClient]


@pytest.mark.parametrize("of", ["coverage", "case-table"])
def test_paper_says_what_a_public_file_says(enter: Enter, of: str) -> None:
    client = enter("supervisor")
    shared = {}
    for by in ("county", "township", "village", "grid"):
        asked = {"what": of, "format": "csv", "level": "public", "by": by}
        file = client.get("/export/file", query_string=asked)
        rows = csv.DictReader(io.StringIO(file.data.decode("utf-8-sig")))
        shared |= {row["code"]: row for row in rows}
    seen = 0
    for area in ("", "C", "T1", "V1", "G1"):
        asked = {"of": of, **({"area": area} if area else {})}
        found = client.get("/api/v1/paper", query_string=asked).json
        assert found["rows"], area
        for row in found["rows"]:
            for name in found["columns"]:
                told = shared[row["code"]][name]
                assert row[name] == (int(told) if told else None), (row, name)
                assert row[name] is None or row[name] >= 10
                seen += 1
    assert seen > 10


def test_paper_of_a_level_says_the_same_and_no_other_area(enter: Enter) -> None:
    rows = enter("supervisor").get("/api/v1/paper?area=T1").json["rows"]
    whole = enter("supervisor").get("/api/v1/paper?by=village").json["rows"]
    told = {row["code"]: row for row in whole}
    assert set(told) == {"V1", "V2", "V3"}
    assert [told[row["code"]] for row in rows if not row["own"]] == rows[1:]
    own = enter("supervisor", "T1").get("/api/v1/paper?by=grid").json["rows"]
    assert {row["code"] for row in own} == {"G1", "G2", "G3"}
    assert enter("supervisor").get("/api/v1/paper?by=street").status_code == 400


def test_paper_is_of_the_own_area_only(enter: Enter) -> None:
    client = enter("supervisor", "T1")
    codes = {row["code"] for row in client.get("/api/v1/paper").json["rows"]}
    assert codes == {"T1", "V1", "V2"}
    assert client.get("/api/v1/paper?area=V3").status_code == 404
    assert client.get("/api/v1/paper?of=people").status_code == 400
