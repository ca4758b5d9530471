"""The page of the level above: many counties, and the townships of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from flask import Blueprint, abort, render_template

from gisgrid.maps.sketch import sketch
from gisgrid.operations.province import CLASSES, province
from gisgrid.web import arguments as words
from gisgrid.web.arguments import query
from gisgrid.web.current import actor, workspace

if TYPE_CHECKING:
    from gisgrid.maps.sketch import Sketch
    from gisgrid.operations.province import Place

blueprint = Blueprint("province", __name__)

COUNTY = words.text("county")


@blueprint.get("/province")
def page() -> str:
    """Counties, or with ?county= its townships; not there while no folder is named."""
    if not workspace().settings.rollup_folder:
        abort(404)
    asked = query(words.AS_OF, COUNTY)
    found = province(workspace(), actor(), **asked)
    return render_template(
        "province.html",
        found=found,
        map=drawn(found.places),
        edges=CLASSES,
        counts=[sum(place.shade == n for place in found.places) for n in range(-1, 4)],
        asked=asked,
    )


def drawn(places: list[Place]) -> Sketch | None:
    """Each place as a path of its own; its kind is the row of the table."""
    return sketch(
        [
            (str(row), np.array([place.shape], dtype=object))
            for row, place in enumerate(places)
            if place.shape is not None
        ]
    )
