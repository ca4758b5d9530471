import pytest

from gisgrid.errors import SettingBad
from gisgrid.maps import base_map, coverage_map

TIANDITU = (
    "https://t{s}.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec"
    "&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILECOL={x}&TILEROW={y}&TILEMATRIX={z}&tk=KEY"
)
BOUNDS = (104.4, 35.2, 105.6, 36.5)


def pmtiles(path, kind, deepest=14):
    header = bytearray(127)
    header[:8] = b"PMTiles\x03"
    header[99], header[101] = kind, deepest
    path.write_bytes(header)
    return path


def test_without_a_setting_there_is_no_base_map():
    assert base_map("") is None


def test_tianditu_opens_the_policy_for_its_eight_servers_only():
    base = base_map(TIANDITU)
    assert base.hosts() == [f"https://t{n}.tianditu.gov.cn" for n in range(8)]
    assert 'subdomains": "01234567' in coverage_map(bounds=BOUNDS, base_map=base).script


def test_an_address_without_servers_opens_the_policy_for_its_own_origin():
    base = base_map("https://tiles.example.org/{z}/{x}/{y}.png")
    assert base.hosts() == ["https://tiles.example.org"]


@pytest.mark.parametrize(
    "url",
    [
        "https://webrd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}&style=8",
        "http://wprd0{s}.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}",
        "https://tile.amap.com/{z}/{x}/{y}",
    ],
)
def test_gaode_is_never_laid_under_unshifted_data(url):
    with pytest.raises(SettingBad, match="shifted GCJ-02 datum"):
        base_map(url)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://tiles.example.org/", r"needs \{z\}, \{x\} and \{y\}"),
        ("https://tiles.example.org/{z}/{x}/{y}/{key}", "no other place"),
        ("https://tiles.example.org/{z}/{x}/{y}/{{7*7}}", "no other place|does not belong"),
        ("https://tiles.example.org/{z}/{x}/{y}/{%x%}", "no other place"),
        ("https://tiles.example.org/{z}/{x}/{y}'+x", "does not belong"),
        ("ftp://tiles.example.org/{z}/{x}/{y}", "neither an http"),
        ("/nowhere/county.mbtiles", "neither an http"),
    ],
)
def test_an_address_that_is_none_is_refused_with_its_problem(url, problem):
    with pytest.raises(SettingBad, match=problem):
        base_map(url)


def test_a_local_pmtiles_file_is_read_by_ranges_or_tile_by_tile(tmp_path):
    vector = base_map(str(pmtiles(tmp_path / "v.pmtiles", 1)))
    pictures = base_map(str(pmtiles(tmp_path / "p.pmtiles", 2, 16)))
    assert (vector.kind, vector.url, vector.max_zoom) == ("vector", "/basemap.pmtiles", 14)
    assert (pictures.kind, pictures.url, pictures.max_zoom) == (
        "raster",
        "/basemap/{z}/{x}/{y}",
        16,
    )
    assert vector.hosts() == pictures.hosts() == []


def test_a_file_that_is_no_pmtiles_is_refused(tmp_path):
    path = tmp_path / "x.pmtiles"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(SettingBad, match="not a PMTiles file of version 3"):
        base_map(str(path))
    with pytest.raises(SettingBad, match="No such file"):
        base_map(str(tmp_path / "gone.pmtiles"))


def test_an_attribution_cannot_run_in_the_page_or_on_the_server():
    base = base_map("https://tiles.example.org/{z}/{x}/{y}.png", "© <img onerror=x> {{7*7}} ${x}")
    script = coverage_map(bounds=BOUNDS, base_map=base).script
    assert "49" not in script
    assert "<img" not in script
    assert "${" not in script


def test_the_language_reaches_the_names_of_a_vector_base_map(tmp_path):
    base = base_map(str(pmtiles(tmp_path / "v.pmtiles", 1)))
    assert '"lang": "zh"' in coverage_map(bounds=BOUNDS, base_map=base, language="zh").script
