"""What must be right before a server starts, and whether it is fit to answer."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gisgrid.access import ROLES
from gisgrid.errors import GisgridError, SettingBad, StoreOpenToOthers, StoreOverNetwork
from gisgrid.snapshot.weight import weight
from gisgrid.store import outside
from gisgrid.store.backup import glob_safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gisgrid.operations.workspace import Workspace
    from gisgrid.settings import Settings

ROOM = 64 * 1024 * 1024
"""Bytes of free disk below which a server no longer takes work: a busy day's -wal."""
OVER_NETWORK = frozenset(
    {
        *("nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "ceph", "glusterfs"),
        *("lustre", "davfs", "vboxsf", "ncpfs", "fuse.sshfs", "fuse.glusterfs", "fuse.davfs2"),
        *("fuse.rclone", "fuse.gvfsd-fuse", "fuse.s3fs"),
    }
)
"""Kinds of file systems whose locks do not reach every machine."""
MOUNTS = Path("/proc/self/mountinfo")


def refuse_unsafe(settings: Settings, *, behind_proxy: bool = False) -> None:
    """Raise the sentence with the cure for what is unsafe about an installation.

    StoreOpenToOthers, StoreOverNetwork, SettingBad (cookies that may travel in clear text, a second
    factor for a role that there is not),
    RollupPlace (an address at which counties cannot lie).
    """
    if settings.rollup_folder:
        from gisgrid import rollup  # noqa: PLC0415 - it loads what a start can do without

        rollup.check_place(settings.rollup_folder)
    strange = sorted(set(settings.second_factor_roles) - set(ROLES))
    if strange:
        problem = f"there is no such role; use some of {', '.join(ROLES)}"
        raise SettingBad(name="second_factor_roles", value=repr(strange[0]), problem=problem)
    if behind_proxy and not settings.secure_cookies:
        problem = "behind a proxy with TLS it must be true, or cookies may travel unencrypted"
        raise SettingBad(name="secure_cookies", value="false", problem=problem)
    if "://" in settings.store:
        if os.name == "posix":
            state = outside.folder(settings.state_folder)
            _refuse_open_to_others([*state.glob("*.erased"), *state.glob("*.dump")], state)
        return
    store = Path(settings.store).absolute()
    kind = file_system(store)
    if kind in OVER_NETWORK:
        raise StoreOverNetwork(url=settings.store, kind=kind)
    if os.name == "posix":  # elsewhere the folder's own rights protect the file
        _refuse_open_to_others(_of_store(store), store.parent)


def _of_store(store: Path) -> list[Path]:
    """The store, all that lies beside it under its name, and copies kept of it from before."""
    name, stem = glob_safe(store.name), glob_safe(store.stem)
    found = [*store.parent.glob(f"{name}*"), *store.parent.glob(f"{stem}.before-*")]
    return sorted({store, *found})


def _refuse_open_to_others(paths: Iterable[Path], folder: Path) -> None:
    for path in paths:
        if path.exists() and path.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP):
            cure = f"chmod {'700' if path.is_dir() else '600'} '{path}'"
            raise StoreOpenToOthers(path=str(path), cure=cure)
    mode = folder.stat().st_mode if folder.exists() else 0
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise StoreOpenToOthers(path=str(folder), cure=f"chmod o-w '{folder}'")


def file_system(path: Path, mounts: str | None = None) -> str:
    """The kind of file system that holds `path` ("" where the system does not tell).

    mounts: the text of /proc/self/mountinfo.
    """
    if mounts is None:
        try:
            mounts = MOUNTS.read_text("utf-8", "surrogateescape")
        except OSError:
            return ""
    place, best, kind = str(path.resolve()), -1, ""
    for line in mounts.splitlines():
        before, found, after = line.partition(" - ")
        words = before.split(" ")
        if not found or len(words) < 5:
            continue
        mount = words[4].replace("\\040", " ").rstrip("/")
        if (place == mount or place.startswith(f"{mount}/")) and len(mount) >= best:
            best, kind = len(mount), after.split(" ")[0]
    return kind


@dataclass(frozen=True, slots=True)
class Fitness:
    """What a server can do now; each False is a reason not to send it work."""

    store: bool  # it opens and its schema is the one this gisgrid knows
    disk: bool  # there is room for a day's work
    figures: bool  # the read model is loaded

    @property
    def ready(self) -> bool:
        """Whether all of it is well."""
        return self.store and self.disk and self.figures


def fitness(ws: Workspace) -> Fitness:
    """Look at all of it; never raises, and holds no lock, but may wait for who holds a table."""
    try:
        opens = ws.store.up_to_date()
    except GisgridError:
        opens = False
    return Fitness(store=opens, disk=_free(ws.settings) >= ROOM, figures=ws.warm)


def _free(settings: Settings) -> int:
    if "://" in settings.store:
        return ROOM  # the server of the database looks after its disk
    try:
        return shutil.disk_usage(Path(settings.store).absolute().parent).free
    except OSError:
        return 0


def status(ws: Workspace) -> dict[str, Any]:
    """How the store stands, for whoever looks after it: figures, no names.

    memory: bytes that the read model takes in each process that serves.
    """
    fit = fitness(ws)
    counts = ws.store.counts()
    found: dict[str, Any] = {
        "store": ws.store.url,
        "step": ws.store.step(),
        "households": counts["households"],
        "visits": counts["visits"],
        "cases": counts["cases"],
        "people": counts["people"],
        "erased": counts["erasures"],
        "store_ready": fit.store,
        "disk_ready": fit.disk,
    }
    weighed = weight(ws.snapshot())
    found |= {f"{part}_memory": size for part, size in weighed.items()}
    found["memory"] = sum(weighed.values())
    if ws.in_database:
        found["state_folder"] = str(ws.outside.parent)
    else:
        path = Path(ws.settings.store).absolute()
        wal = Path(f"{path}-wal")
        found |= {
            "bytes": path.stat().st_size,
            "wal_bytes": wal.stat().st_size if wal.exists() else 0,
            "free_bytes": _free(ws.settings),
            "file_system": file_system(path),
        }
    return found
