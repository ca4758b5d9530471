"""Whatever changes the store writes its row in the account of use, in the same transaction."""

from __future__ import annotations

import ast
from pathlib import Path

import gisgrid

OPERATIONS = Path(gisgrid.__file__).parent / "operations"
NO_DEED = {
    "touch_session": "that a session is in use, by which it does not idle out",
    "touch_token": "that a token is in use",
    "failed": "that somebody tried to come in: nobody knows who",
    "passed": "that nothing holds a browser back any more; what follows has its own row",
    "check_code": "that a code is spent; what follows has its own row, a recovery code one more",
    "check_proof": "the same, before a change that has its own row",
}
"""Changes that are nobody's deed, and what they write."""


def writes(tree: ast.AST) -> list[tuple[str, bool]]:
    """Function, and whether it writes a row of the account: for each `with ….write(…) as w`."""
    found = []
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        for block in ast.walk(function):
            if isinstance(block, ast.With) and any(opens(item) for item in block.items):
                told = any(
                    isinstance(node, ast.Attribute) and node.attr == "audit"
                    for node in ast.walk(block)
                )
                found.append((function.name, told))
    return found


def opens(item: ast.withitem) -> bool:
    call = item.context_expr
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "write"
    )


def test_each_change_has_its_row_in_the_account_of_use() -> None:
    found = [
        (path.name, *each)
        for path in sorted(OPERATIONS.rglob("*.py"))
        for each in writes(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert len(found) > 25
    assert {function for _, function, told in found if not told} == set(NO_DEED)
