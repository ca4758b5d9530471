"""The root of the tree."""

from __future__ import annotations

from typing import Any, ClassVar


class GisgridError(Exception):
    """Whatever gisgrid refuses or cannot do; never raised itself.

    facts: the values named in `sentence`, and any others that help; JSON types only.
    """

    code: ClassVar[str] = "error"
    sentence: ClassVar[str] = "Something went wrong."

    def __init__(self, **facts: Any) -> None:
        self.facts = facts
        super().__init__(self.sentence % facts)
