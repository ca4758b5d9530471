"""The one place that makes text harmless for folium.

branca compiles text that was rendered already a second time as a Jinja template, so that `{{ … }}`
in a name would run on the server, and `${…}` in a popup would run in the browser; `html.escape`
stops neither. gisgrid hands folium no names at all; what text is left (an attribution) comes
through here.
"""

from __future__ import annotations

_PLAIN = frozenset(" .,:;_-()/")


def safe_text(text: str) -> str:
    """`text` as HTML in which every character but letters, digits and ` .,:;_-()/` is `&#n;`.

    Inert in HTML, in attributes, in JavaScript strings of any quote, and as a Jinja template.

    >>> safe_text("{{ 7*7 }} © 张三")
    '&#123;&#123; 7&#42;7 &#125;&#125; &#169; 张三'
    """
    return "".join(c if c.isalnum() or c in _PLAIN else f"&#{ord(c)};" for c in text)
