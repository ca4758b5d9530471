"""The house keeps its own rules: sizes, rows for every error, locks, shipped files."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from pathlib import Path

import pytest

from gisgrid import errors, resources
from gisgrid.web.labels_of_use import DEED

REPO = Path(__file__).resolve().parents[1]
SOURCES = sorted((REPO / "gisgrid").rglob("*.py"))
SCRIPTS = sorted((REPO / "static" / "app").glob("*.js"))


def read(name: str) -> str:
    return (REPO / name).read_text("utf-8")


ERRORS = [
    cls
    for _, cls in inspect.getmembers(errors, inspect.isclass)
    if issubclass(cls, errors.GisgridError)
]


@pytest.mark.parametrize("path", SOURCES + SCRIPTS, ids=lambda p: str(p.relative_to(REPO)))
def test_no_file_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(REPO)))
def test_no_function_is_longer_than_60_lines(path: Path) -> None:
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    long = {f.name: f.end_lineno - f.lineno + 1 for f in functions if f.end_lineno is not None}
    assert not {name: n for name, n in long.items() if n > 60}


def test_every_error_has_its_own_code_and_a_row_in_the_docs() -> None:
    codes = [cls.code for cls in ERRORS]
    assert len(set(codes)) == len(codes)
    documented = re.findall(
        r"^\| `(\w+)` \|", (REPO / "docs" / "errors.md").read_text("utf-8"), re.MULTILINE
    )
    assert sorted(documented) == sorted(set(codes) - {"error"})


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_every_package_with_a_hash_and_name_no_host(lock: str) -> None:
    text = read(lock)
    assert "://" not in text
    pins = re.findall(
        r"^([a-z0-9-]+(?:\[[a-z,]+\])?==\S+).*\\\n    --hash=sha256:", text, re.MULTILINE
    )
    names = re.findall(r"^[a-z0-9].*$", text, re.MULTILINE)
    assert len(pins) == len(names) > 30


def test_both_locks_agree() -> None:
    def versions(lock: str) -> set[str]:
        return set(
            re.findall(
                r"^([a-z0-9-]+(?:\[[a-z,]+\])?==\S+)", (REPO / lock).read_text(), re.MULTILINE
            )
        )

    assert versions("requirements.lock") <= versions("requirements-dev.lock")


def test_the_locks_hold_every_dependency_that_is_declared() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]
    locked = set(re.findall(r"^([a-z0-9-]+)", read("requirements.lock"), re.MULTILINE))
    declared = {re.match(r"[a-z0-9-]+", d)[0] for d in project["dependencies"]}  # type: ignore[index]
    assert declared <= locked


def test_shipped_folders_are_found() -> None:
    assert (resources.folder("layers") / "README.md").is_file()
    assert (resources.folder("static") / "vendor" / "manifest.json").is_file()


def test_every_deed_that_is_written_down_has_words_of_its_own() -> None:
    source = "\n".join(path.read_text("utf-8") for path in SOURCES)
    call = r'(?:\.audit|looked)\(\s*(?:ws,\s*)?(?:actor|actor_of\(\w+\)|CONSOLE),\s*"(\w+)"'
    deeds = set(re.findall(call, source))
    assert len(deeds) >= 14
    assert deeds <= set(DEED), "give it words in gisgrid/web/labels_of_use.py: DEED"
