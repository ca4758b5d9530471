"""The base map of the settings: none, pictures from an XYZ address, or a local file of tiles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gisgrid.errors import SettingBad

PMTILES_URL = "/basemap.pmtiles"
"""Where the server gives out a local PMTiles file, by range requests."""
TILES_URL = "/basemap/{z}/{x}/{y}"
"""Where the server gives out single tiles of a local file."""

# Gaode (Amap) draws in GCJ-02, 100 to 700 m off; under WGS 84 data every household would stand in
# the wrong street, so that its tiles are refused rather than offered with a warning.
SHIFTED_HOSTS = ("autonavi.com", "amap.com", "gaode.com")
SHIFTED_WORD = "draws in the shifted GCJ-02 datum and would lie beside the data"

_PLACES = frozenset({"z", "x", "y", "-y", "s", "r"})
_SUBDOMAINS = {"tianditu.gov.cn": "01234567"}
_PMTILES_MVT = 1  # PMTiles 3, header byte 99: tile type


@dataclass(frozen=True, slots=True)
class BaseMap:
    """What lies under the data.

    kind: `raster` (pictures) or `vector` (Protomaps basemap schema). url: as the browser asks.
    file: the local file that the server reads, or None. attribution: plain text.
    """

    kind: str
    url: str
    attribution: str = ""
    subdomains: str = "abc"
    max_zoom: int = 18
    file: Path | None = None

    def hosts(self) -> list[str]:
        """Origins that the page's policy must open `img-src` for; empty for a local file."""
        if self.file is not None:
            return []
        parts = urlsplit(self.url)
        if "{s}" not in parts.netloc:
            return [f"{parts.scheme}://{parts.netloc}"]
        return [f"{parts.scheme}://{parts.netloc.replace('{s}', s)}" for s in self.subdomains]


def base_map(setting: str, attribution: str = "") -> BaseMap | None:
    """The base map for the setting `base_map`; None for an empty one.

    An address needs {z}, {x} and {y}; {s} stands for the provider's servers. A path must name a
    readable .pmtiles or .mbtiles file. Raises SettingBad otherwise, and for shifted providers.
    """
    if not setting:
        return None
    if re.match(r"https?://", setting):
        return _address(setting, attribution)
    path = Path(setting)
    if path.suffix == ".pmtiles":
        return _pmtiles(path, attribution)
    if path.suffix == ".mbtiles" and path.is_file():
        return BaseMap("raster", TILES_URL, attribution, file=path)
    raise _bad(setting, "it is neither an http(s) address nor a .pmtiles or .mbtiles file here")


def _address(url: str, attribution: str) -> BaseMap:
    host = urlsplit(url).hostname or ""
    if any(host == name or host.endswith("." + name) for name in SHIFTED_HOSTS):
        raise _bad(url, SHIFTED_WORD)
    places = set(re.findall(r"\{([^{}]*)\}", url))
    rest = re.sub(r"\{[^{}]*\}", "", url)
    if not {"z", "x"} <= places or not places & {"y", "-y"} or places - _PLACES:
        raise _bad(url, "it needs {z}, {x} and {y}, may have {s}, and no other place")
    if re.search(r"[{}<>\"'`\\\s$]", rest):
        raise _bad(url, "it holds a character that does not belong in an address")
    subdomains = next((s for name, s in _SUBDOMAINS.items() if host.endswith(name)), "abc")
    return BaseMap("raster", url, attribution, subdomains)


def _pmtiles(path: Path, attribution: str) -> BaseMap:
    try:
        with path.open("rb") as file:
            header = file.read(127)
    except OSError as err:
        raise _bad(str(path), err.strerror or "it cannot be read") from err
    if len(header) < 127 or header[:7] != b"PMTiles" or header[7] != 3:
        raise _bad(str(path), "it is not a PMTiles file of version 3")
    vector = header[99] == _PMTILES_MVT
    # Byte 101: the deepest zoom of the archive.
    return BaseMap(
        "vector" if vector else "raster",
        PMTILES_URL if vector else TILES_URL,
        attribution,
        max_zoom=header[101],
        file=path,
    )


def _bad(value: str, problem: str) -> SettingBad:
    return SettingBad(name="base_map", value=value, problem=problem)
