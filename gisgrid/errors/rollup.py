"""What a roll-up of many counties refuses."""

from __future__ import annotations

from gisgrid.errors.base import GisgridError


class RollupMissing(GisgridError):
    code = "rollup_missing"
    sentence = (
        "There is no county at %(place)s; name the folder that `gisgrid rollup publish` wrote to."
    )


class RollupChanged(GisgridError):
    code = "rollup_changed"
    sentence = "County %(county)s was published anew while it was being counted; ask again."


class CountyUnclear(GisgridError):
    code = "county_unclear"
    sentence = (
        "The store holds %(count)s counties; a roll-up is published from a store with exactly one."
    )
