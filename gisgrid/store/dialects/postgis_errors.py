"""What PostgreSQL's errors mean to people."""

from __future__ import annotations

from sqlalchemy.exc import PendingRollbackError

from gisgrid.errors import (
    GisgridError,
    StoreAway,
    StoreBusy,
    StoreDenied,
    StoreFailed,
    StoreFull,
    StoreLacksLetters,
    TextUnstorable,
)

_MEANING: dict[str, type[GisgridError]] = {
    "55P03": StoreBusy,  # lock_not_available
    "40001": StoreBusy,  # serialization_failure
    "40P01": StoreBusy,  # deadlock_detected
    "57014": StoreBusy,  # query_canceled
    "53300": StoreBusy,  # too_many_connections
    "53100": StoreFull,  # disk_full
    "25006": StoreFull,  # read_only_sql_transaction
    "57P01": StoreAway,  # admin_shutdown
    "57P02": StoreAway,  # crash_shutdown
    "57P03": StoreAway,  # cannot_connect_now: it is starting
    "22P05": StoreLacksLetters,  # untranslatable_character
    "42501": StoreDenied,  # insufficient_privilege
}
_CLASSES: dict[str, type[GisgridError]] = {
    "08": StoreAway,  # connection exception
    "28": StoreDenied,  # invalid authorization
    "3D": StoreDenied,  # there is no such database
    "53": StoreFailed,  # insufficient resources
    "57": StoreFailed,  # operator intervention
    "58": StoreFailed,  # system error
    "XX": StoreFailed,  # internal error
}
"""By the first two letters of SQLSTATE: the server, the account or the database."""

_DENIED = ("password", "authentication", "pg_hba.conf", 'role "', 'database "')
"""libpq gives no SQLSTATE for what fails before there is a connection; words of its texts."""


def meaning_of(error: BaseException, url: str) -> GisgridError | None:
    """By SQLSTATE; an error without one is a connection that failed. None: a defect of ours."""
    import psycopg  # noqa: PLC0415 - an extra, and slow to load

    if isinstance(error, PendingRollbackError):  # the line broke under an earlier statement
        return StoreAway(url=url, problem="the line broke")
    if not isinstance(error, psycopg.Error):
        return None
    problem = _first_line(str(error))
    state = error.sqlstate
    if state == "0A000" and "recovery" in problem:  # a replica is for reading
        meaning: type[GisgridError] | None = StoreFull
    elif state:
        meaning = _MEANING.get(state) or _CLASSES.get(state[:2])
    elif isinstance(error, psycopg.DataError) and "NUL" in problem:  # found before it was sent
        return TextUnstorable()
    elif isinstance(error, psycopg.OperationalError):
        meaning = StoreDenied if _denied(str(error)) else StoreAway
    else:
        meaning = None
    return None if meaning is None else meaning(url=url, problem=problem)


def _denied(text: str) -> bool:
    return any(word in text for word in _DENIED)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
