"""What an answer says, so that two of them can be compared to the letter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.test import TestResponse


def told(answer: TestResponse, ids: tuple[str, ...]) -> tuple[Any, ...]:
    """All that an answer says, without the id that was asked for and what is new each time."""
    text = re.sub(
        r'content="[^"]+"|name="csrf_token" value="[^"]+"',
        "",
        answer.data.decode("utf-8", "replace"),
    )
    # What a page says once, of a change just before, belongs to neither of the two.
    text = re.sub(r'<p class="notice [^"]*" role="status">.*?</p>', "", text, flags=re.DOTALL)
    new = {"Content-Length", "Set-Cookie", "ETag", "Date", "X-Request-ID"}
    said = [text, *(f"{k}: {v}" for k, v in sorted(answer.headers) if k not in new)]
    word = re.compile(rf"(?:(?<![0-9A-Za-z])|(?<=%3D))(?:{'|'.join(ids)})(?![0-9A-Za-z])")
    return answer.status_code, [word.sub("?", line) for line in said]


def of_people(body: bytes, traces: Any) -> bool:
    """Whether an answer holds personal fields of a household; a grid's own member is none."""
    return any(word != b"MEMB" for word, _ in traces[0].findall(body))
