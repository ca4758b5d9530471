from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gisgrid.cli.printing import aligned, width

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

DAY = ("--as-of", "2026-11-22")


def test_coverage_as_csv_has_the_stable_columns_and_the_last_row(run: Run) -> None:
    found = run("coverage", *DAY, "--format", "csv")
    assert found.exit_code == 0
    assert found.stdout.splitlines() == [
        "code,name,households,on_time,due_soon,overdue,never,gap,coverage,unlocated",
        "G1,桥头,2,1,0,0,1,1,0.5000,0",
        "G2,Second,2,0,0,0,2,2,0.0000,0",
        ",(unassigned),1,0,0,0,1,1,0.0000,1",
    ]
    assert found.stderr == ""


def test_the_operator_sees_all_counts_and_can_print_what_may_be_shared(run: Run) -> None:
    found = run("coverage", *DAY, "--format", "csv", "--level", "public")
    assert found.stdout.splitlines()[:2] == [
        "code,name,households,gap,coverage,hidden",
        'G1,桥头,,,,"households, gap"',
    ]
    cases = run("cases", "--by", "county", *DAY, "--format", "csv", "--level", "public")
    assert cases.stdout.splitlines()[0] == "code,name,open,overdue,hidden"
    for more in (("--list",), ("--category", "water"), ("--restate",)):
        refused = run("cases", *more, *DAY, "--level", "public")
        assert (refused.exit_code, refused.stdout) == (1, "")


def test_coverage_as_json_has_numbers_and_null(run: Run) -> None:
    rows = json.loads(run("coverage", "--as-of", "2026-08-01", "--format", "json").stdout)
    assert rows[0]["households"] == 0
    assert rows[0]["coverage"] is None


def test_a_table_is_aligned_also_in_chinese(run: Run) -> None:
    lines = run("coverage", *DAY).stdout.splitlines()
    assert len({width(line) for line in lines}) == 1
    assert lines[1].startswith("G1    桥头")


def test_columns_count_what_a_terminal_shows() -> None:
    table = aligned(["名", "n"], [["会宁", "1"], ["ab", "23"]], {1})
    assert table.splitlines() == ["名     n", "会宁   1", "ab    23"]


def test_gaps_come_longest_wait_first_and_say_what_is_left_out(run: Run) -> None:
    found = run("gaps", *DAY, "--format", "csv", "--limit", "2")
    lines = found.stdout.splitlines()
    assert lines[0] == "household,grid,status,last_visit,due_on,days_waiting,reason,lon,lat"
    assert [line.split(",")[0] for line in lines[1:]] == ["H1", "H2"]
    assert found.stderr == "2 more; see them with a higher --limit.\n"


def test_cases_are_counted_or_listed(run: Run) -> None:
    counted = run("cases", "--by", "county", *DAY, "--format", "csv").stdout.splitlines()
    assert counted == [
        "code,name,open,overdue,opened,closed",
        "C,会宁县,1,1,1,0",
        ",(unassigned),0,0,0,0",
    ]
    listed = run("cases", "--list", *DAY, "--format", "csv").stdout.splitlines()
    assert listed[1].startswith("c1,H0,water,overdue,2026-11-01,2026-11-10,21,G1,")


def test_an_area_limits_every_figure(run: Run) -> None:
    lines = run("coverage", "--area", "G2", *DAY, "--format", "csv").stdout.splitlines()
    assert [line.split(",")[0] for line in lines] == ["code", "G2", ""]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("coverage", "--as-of", "yesterday"), "“yesterday” is not a date"),
        (("coverage", "--area", "nowhere"), "no area or grid “nowhere”"),
        (("cases", "--category", "none"), "“none” is not a known"),
        (("--store", "missing.gpkg", "coverage"), "no store at missing.gpkg"),
        (("coverage", "--store", "missing.gpkg"), "no store at missing.gpkg"),
    ],
)
def test_a_refusal_is_a_sentence_on_standard_error_and_exit_code_1(
    run: Run, args: tuple[str, ...], said: str
) -> None:
    found = run(*args)
    assert found.exit_code == 1
    assert found.stdout == ""
    assert said in found.stderr
    assert found.stderr.count("\n") == 1


@pytest.mark.parametrize("args", [("coverage", "--by", "street"), ("coverage", "--x"), ("fly",)])
def test_a_slip_of_usage_is_exit_code_2(run: Run, args: tuple[str, ...]) -> None:
    assert run(*args).exit_code == 2


def test_an_unknown_setting_is_refused_with_the_known_ones(run: Run) -> None:
    found = run("coverage", env={"GISGRID_PROT": "1"})
    assert found.exit_code == 1
    assert "“prot”" in found.stderr
    assert "port" in found.stderr


def test_the_store_can_come_from_the_environment(run: Run, url: str) -> None:
    found = run("coverage", store=None, env={"GISGRID_STORE": url})
    assert found.exit_code == 0
    elsewhere = run("coverage", store="missing.gpkg", env={"GISGRID_STORE": url})
    assert elsewhere.exit_code == 1


def test_data_cannot_steer_the_terminal(run: Run) -> None:
    found = run("coverage", "--area", "\x1b[2J\x07")
    assert "\x1b" not in found.stderr
