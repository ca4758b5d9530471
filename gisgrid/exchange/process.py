"""The child process that parses and writes foreign files: started here, limited, given up on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from gisgrid import errors
from gisgrid.errors import ChildFailed
from gisgrid.exchange.limits import CHILD_CPU_SECONDS, CHILD_WALL_SECONDS, child_seconds

_HOME = Path(__file__).resolve().parents[2]
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); from gisgrid.exchange.child import main; "
    "main(int(sys.argv[2]))"
)
"""The child runs the very gisgrid that started it, wherever another one is installed."""

_PASSED_ON = ("SYSTEMROOT", "WINDIR")
"""What Windows needs to start a program; nothing else of our environment reaches the child."""

_ENVIRONMENT: dict[str, str] = {
    # A dead port: whatever in a file makes GDAL ask the network gets no answer.
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
    "GDAL_HTTP_TIMEOUT": "1",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    "OGR_GEOJSON_MAX_OBJ_SIZE": "0",
    # Drivers that open other files or the network, whatever a file claims to be.
    "GDAL_SKIP": ",".join(
        (
            *("OGR_VRT", "GDALG", "WFS", "OAPIF", "OGCAPI", "CSW", "HTTP", "Carto", "NGW"),
            *("Elasticsearch", "AmigoCloud", "PLSCENES", "EEDA", "ADBC", "GTFS", "OSM", "GPSBabel"),
            *("PGDUMP", "MBTiles", "SQLite", "JSONFG", "GeoRSS", "PDF"),
        )
    ),
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "GML_GFS_TEMPLATE": "",
    "PROJ_NETWORK": "OFF",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "LC_ALL": "C.UTF-8",
}

_ERRORS = {
    name: getattr(errors, name)
    for name in (
        "EncodingUnknown",
        "ExtraMissing",
        "FileDamaged",
        "FileEmpty",
        "FileNotWhatItSays",
        "FileUnreadable",
        "FileUnwritable",
        "LayerChoice",
        "UnknownWord",
    )
}
"""What a child may say in our words."""


_OUT_OF_TIME = -signal.SIGXCPU if hasattr(signal, "SIGXCPU") else None
_NO_MEMORY = b"memory allocation of "
"""How a library in Rust says that it ends for want of memory."""


def seconds_for(folder: Path, *, foreign: bool) -> int:
    """Seconds of the processor for a child that works on the files of `folder`."""
    if not foreign:
        return CHILD_CPU_SECONDS
    return child_seconds(sum(path.stat().st_size for path in folder.iterdir()))


def run(task: dict[str, Any], folder: Path, *, file: str, foreign: bool = False) -> None:
    """Have a child do `task` in `folder`, its working directory, where it leaves what it made.

    folder: private and empty but for the files to work on. file: the name that people know.
    foreign: the files are somebody's, and get as much time as their size deserves.
    Raises ChildFailed when the child dies or takes too long, else the error that it reports.
    """
    seconds = seconds_for(folder, foreign=foreign)
    command = [sys.executable, "-I", "-X", "utf8", "-c", _PROGRAM, str(_HOME), str(seconds)]
    environment = _ENVIRONMENT | {
        name: os.environ[name] for name in _PASSED_ON if name in os.environ
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own program with fixed arguments
            command,
            input=json.dumps(task | {"file": file}).encode("ascii"),
            capture_output=True,
            cwd=folder,
            env=environment,
            timeout=CHILD_WALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as err:
        raise ChildFailed(file=file, problem="it takes longer than its size allows") from err
    except OSError as err:
        raise ChildFailed(file=file, problem=os.strerror(err.errno or 0)) from err
    answer = _answer(done.stdout)
    if answer is None:
        if _NO_MEMORY in done.stderr:
            raise ChildFailed(file=file, problem="it needs too much memory")
        if done.returncode == _OUT_OF_TIME:
            raise ChildFailed(file=file, problem="it takes longer than its size allows")
        # What the child printed may quote the file; only how it ended is passed on.
        raise ChildFailed(file=file, problem="the reading process ended", status=done.returncode)
    if answer:
        raise _ERRORS.get(answer["error"], ChildFailed)(**answer["facts"])


def _answer(output: bytes) -> dict[str, Any] | None:
    """{} where the child is done, its error where it has one, None where it died unheard."""
    lines = output.splitlines()
    try:
        answer = json.loads(lines[-1])
    except (IndexError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
