"""What every app works out anew, worked out once in a run: most tests make an app of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2.bccache import Bucket, BytecodeCache

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """Templates that any app of a run has compiled; each checks that its text is the same."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


def remembering(compiled: Callable[[Rule, bool], Any]) -> Callable[[Rule, bool], Any]:
    """`Rule._compile_builder`, once for rules of the same text, parts and defaults.

    What it makes is bound to its rule afterwards, and asks that for its converters.
    """
    known: dict[tuple[Any, ...], Any] = {}

    def builder(rule: Rule, append_unknown: bool = True) -> Any:
        key = rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown
        if key not in known:
            known[key] = compiled(rule, append_unknown)
        return known[key]

    return builder
