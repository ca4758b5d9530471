"""The root of the tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class GisgridError(Exception):
    """Whatever gisgrid refuses or cannot do; never raised itself.

    facts: the values named in `sentence`, and any others that help; JSON types only. problems: what
    the fact `problem` can say, where that is known: the fact `why` -> text, with its facts.
    """

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "Something went wrong."
    problems: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.sentence % facts)
