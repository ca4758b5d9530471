"""What cannot be read as an edit; what can be read but not done is a Fault (gisgrid.redraw)."""

from __future__ import annotations

from gisgrid.errors.base import GisgridError


class BadEdit(GisgridError):
    code = "bad_edit"
    sentence = "This cannot be read as an edit: %(problem)s."
