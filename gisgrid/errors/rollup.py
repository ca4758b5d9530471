"""What a roll-up of many counties refuses."""

from __future__ import annotations

from gisgrid.errors.base import GisgridError


class RollupMissing(GisgridError):
    code = "rollup_missing"
    sentence = (
        "There is no county at %(place)s; name the folder that `gisgrid rollup publish` wrote to."
    )


class RollupPlace(GisgridError):
    code = "rollup_place"
    sentence = (
        "Counties cannot lie at %(place)s; name a folder, s3://bucket/folder, or "
        "https://server/folder of a WebDAV server."
    )


class RollupUnreachable(GisgridError):
    code = "rollup_unreachable"
    sentence = (
        "The counties at %(place)s cannot be reached: %(problem)s; see that the address, the "
        "account and the line are right, then ask again."
    )


class RollupChanged(GisgridError):
    code = "rollup_changed"
    sentence = "County %(county)s was published anew while it was being counted; ask again."


class RollupUnreadable(GisgridError):
    """Files of a county are not what its manifest says; where more are counted, one is left out."""

    code = "rollup_unreadable"
    sentence = "The files of county %(county)s cannot be read; publish it again."


class CountyUnclear(GisgridError):
    code = "county_unclear"
    sentence = (
        "The store holds %(count)s counties; a roll-up is published from a store with exactly one."
    )
