from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    Run = Callable[..., Result]

PASSWORD = "a long enough phrase"


def test_a_person_is_added_with_a_link_and_listed(run: Run) -> None:
    added = run("user", "add", "王芳", "--role", "member", "--scope", "G1")
    assert added.exit_code == 0
    assert re.fullmatch(r"/enter/[\w-]{43}\n", added.stdout)
    listed = json.loads(run("user", "list", "--format", "json").stdout)
    assert listed == [
        {"name": "王芳", "role": "member", "scope": "G1", "has_password": False, "disabled": False}
    ]


def test_a_password_is_asked_for_twice_and_checked(run: Run) -> None:
    run("user", "add", "Li", "--role", "planner")
    assert run("user", "passwd", "Li", input="short\nshort\n").exit_code == 1
    assert run("user", "passwd", "Li", input=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 0
    assert "true" in run("user", "list", "--format", "json").stdout


def test_a_link_can_be_asked_for_again(run: Run) -> None:
    run("user", "add", "Li", "--role", "planner")
    assert run("user", "passwd", "Li", "--link").stdout.startswith("/enter/")


def test_refusals_name_the_cure(run: Run) -> None:
    run("user", "add", "Li", "--role", "planner")
    assert "already a person “Li”" in run("user", "add", "Li", "--role", "admin").stderr
    assert "gisgrid user list" in run("user", "passwd", "Wang", "--link").stderr
    assert "“nowhere”" in run("user", "add", "X", "--role", "member", "--scope", "nowhere").stderr
    assert run("user", "add", "X", "--role", "console").exit_code == 2


def test_somebody_is_shut_out(run: Run) -> None:
    run("user", "add", "Li", "--role", "planner")
    assert run("user", "disable", "Li").exit_code == 0
    assert json.loads(run("user", "list", "--format", "json").stdout)[0]["disabled"] is True


def test_somebody_who_was_shut_out_is_let_in_again_by_a_link(run: Run) -> None:
    run("user", "add", "Li", "--role", "planner")
    run("user", "disable", "Li")
    assert run("user", "let-in", "Li").stdout.startswith("/enter/")
    assert json.loads(run("user", "list", "--format", "json").stdout)[0]["disabled"] is False
    assert run("user", "let-in", "Wang").exit_code == 1


def test_rules_of_the_programme_are_shown_and_set(run: Run) -> None:
    assert "Asia/Shanghai" in run("programme", "show").stdout
    changed = run("programme", "set", "--visit-every-days", "14", "--phone-counts")
    assert changed.exit_code == 0
    shown = run("programme", "show", "--format", "csv").stdout.splitlines()
    assert "visit_every_days,14" in shown
    assert "phone_counts,true" in shown
    assert "Mars/Base" in run("programme", "set", "--zone", "Mars/Base").stderr
