"""Settings of one installation: from a TOML file, then GISGRID_… variables, then the command line.

Rules that change a number are not settings: they are the programme (model.Programme), kept in the
store. Unknown names are refused; no secret has a default.
"""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from gisgrid.errors import SettingBad, SettingUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PREFIX = "GISGRID_"


@dataclass(frozen=True, slots=True)
class Settings:
    """What differs from one installation to the next; docs/settings.md has a line for each."""

    store: str = "layers/county.gpkg"
    host: str = "127.0.0.1"
    port: int = 5000
    threads: int = 8
    language: str = ""  # "en" or "zh"; empty: as the browser asks
    secret_key: str = ""  # empty: read from, or made in, the file secret_key beside the store
    session_idle_minutes: int = 12 * 60
    session_days: int = 7
    second_factor_roles: tuple[str, ...] = ()  # roles that must have a second factor
    small_counts_below: int = 10  # hidden in figures that are shared; 5 at least
    secure_cookies: bool = False  # True behind TLS
    trusted_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    base_map: str = ""  # XYZ URL, or the path of a .pmtiles or .mbtiles file; empty: none
    base_map_attribution: str = ""
    upload_megabytes: int = 50
    log_format: str = "text"  # or "json"
    keep_notes_months: int = 24  # notes, titles and answers; 0: for good
    keep_left_months: int = 24  # people who left, until they are erased; 0: for good
    keep_sessions_months: int = 3  # sessions and sign-in links after their end
    columns_folder: str = ""  # where the columns of a database are kept; empty: nowhere
    state_folder: str = ""  # of a database: who was erased, copies; empty: the user's own of states
    dump_made: bool = False  # no copy of a database before a step of the schema: there is a dump
    rollup_folder: str = ""  # where counties publish for the level above; empty: there is none
    rollup_cache: str = ""  # what was fetched from an address; empty: the user's own cache
    rollup_expected: tuple[str, ...] = ()  # codes of the counties that should lie there
    clean_limit_m2: float = 100.0  # overlaps of grids up to this area are cleaned, above refused


BOUNDS: dict[str, tuple[float, float]] = {
    "port": (0, 65535),
    "threads": (1, 256),
    "session_idle_minutes": (1, 366 * 24 * 60),
    "session_days": (1, 366),
    "upload_megabytes": (1, 100_000),
    "keep_notes_months": (0, 1200),
    "keep_left_months": (0, 1200),
    "keep_sessions_months": (0, 1200),
    "clean_limit_m2": (0, 1e9),
}
"""setting -> the least and the most that make sense. What is wrong in a file is said at the start,
not when somebody first needs it."""


def load(path: Path | None, environ: Mapping[str, str], **overrides: Any) -> Settings:
    """Read settings from `path` (if any), then `environ`, then `overrides` that are not None.

    Raises SettingUnknown for a name that is not a field, SettingBad for a value of another type.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values.update(tomllib.loads(path.read_text("utf-8")))
            if "secret_key" in values and os.name == "posix" and path.stat().st_mode & stat.S_IRWXO:
                problem = f"others can read {path}, which holds it; chmod o-rwx '{path}'"
                raise SettingBad(name="secret_key", value="(hidden)", problem=problem)
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
            raise SettingBad(name="config", value=str(path), problem=str(err)) from err
    values.update(
        (name[len(PREFIX) :].lower(), value)
        for name, value in environ.items()
        if name.startswith(PREFIX)
    )
    values.update((name, value) for name, value in overrides.items() if value is not None)
    kinds = {field.name: type(field.default) for field in fields(Settings)}
    form = values.get("log_format", "text")
    if form not in ("text", "json"):
        raise SettingBad(name="log_format", value=repr(form), problem="it must be text or json")
    unknown = sorted(set(values) - set(kinds))
    if unknown:
        raise SettingUnknown(name=unknown[0], known=", ".join(sorted(kinds)))
    typed = {name: _typed(name, v, kinds[name]) for name, v in values.items()}
    _check_bounds(typed)
    return replace(Settings(), **typed)


def _check_bounds(values: Mapping[str, Any]) -> None:
    """Raise SettingBad for what is too small or too large, and for a host name that means all."""
    for name, (least, most) in BOUNDS.items():
        value = values.get(name, least)
        if not least <= value <= most:
            problem = f"it must be from {least:g} to {most:g}"
            raise SettingBad(name=name, value=repr(value), problem=problem)
    if any("*" in host for host in values.get("trusted_hosts", ())):
        problem = "it names each host; “*” would let any site speak for this one"
        raise SettingBad(name="trusted_hosts", value=repr(values["trusted_hosts"]), problem=problem)


_TRUE_FALSE = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def _typed(name: str, value: Any, kind: type) -> Any:
    """`value` as `kind`; text from the environment is converted, a wrong type is refused."""
    shown = "(hidden)" if name == "secret_key" else repr(value)
    try:
        if kind is bool and isinstance(value, str):
            return _TRUE_FALSE[value.lower()]
        if kind is tuple:
            parts = value.split(",") if isinstance(value, str) else map(str, value)
            return tuple(part.strip() for part in parts if part.strip())
        if kind is not bool and isinstance(value, bool):
            raise TypeError
        return kind(value)
    except (KeyError, TypeError, ValueError) as err:
        raise SettingBad(name=name, value=shown, problem=f"it must be {kind.__name__}") from err
