"""Codes in addresses, and the address that was asked for.

Codes and ids are any text: OpenStreetMap says `relation/1028021`. One rule for all of them: a code
in an address is written as JavaScript's `encodeURIComponent` writes it, its slashes as %2F, and is
read with or without that, because servers hand on both alike. What stands after a code in an
address is what the route ends with, so `/grids/a/lineage/lineage` is the line of `a/lineage`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from flask import request, url_for
from werkzeug.routing import BaseConverter, ValidationError

if TYPE_CHECKING:
    from flask import Flask

_AS_JAVASCRIPT = "!'()*"
"""What encodeURIComponent leaves as it is, beside letters, digits and -_.~"""


class CodeConverter(BaseConverter):
    """`<code:…>`: the code or id of an area, grid, household or case, with slashes or without."""

    part_isolating = False
    regex = ".+"
    weight = 200  # after all routes that are more particular

    def to_python(self, value: str) -> str:
        """The code; none holds a NUL, which a store may take for the end of a text."""
        if "\0" in value:
            raise ValidationError
        return value

    def to_url(self, value: object) -> str:
        """The code as it stands in an address.

        >>> CodeConverter(None).to_url("relation/1028021 #2")
        'relation%2F1028021%20%232'
        """
        return quote(str(value), safe=_AS_JAVASCRIPT)


def register(app: Flask) -> None:
    """Let routes name codes; two slashes in a row belong to a code, too."""
    app.url_map.converters["code"] = CodeConverter
    app.url_map.merge_slashes = False


def asked_for() -> str:
    """The address of this request, fit to be asked for again."""
    if request.endpoint is None:  # there is no such page
        path = quote(request.path)
    else:
        path = url_for(request.endpoint, **(request.view_args or {}))
    query = request.query_string.decode("ascii", "replace")
    return f"{path}?{query}" if query else path


def own_address(address: str) -> str:
    r"""`address` when it leads to a page of ours, else the first page.

    Browsers read "//host", "/\host" and control characters as another place.
    """
    parts = urlsplit(address)
    plain = address.isprintable() and "\\" not in address
    mine = plain and not parts.scheme and not parts.netloc and address.startswith("/")
    return address if mine and not address.startswith("//") else "/"
