from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from gisgrid.errors import FileDamaged, FileNotWhatItSays, FileUnreadable, LayerChoice
from gisgrid.exchange.readers import read

ROWS = [
    ({"type": "Point", "coordinates": [105.1, 35.2]}, {"户号": "H1", "户主": "张伟"}),
    ({"type": "Point", "coordinates": [105.2, 35.3]}, {"户号": "H2", "户主": "谢英"}),
]


def zipped(path: Path, *more: tuple[str, bytes]) -> Path:
    archive = path.with_name("layer.zip")
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as sink:
        for part in sorted(path.parent.glob("layer.*")):
            if part.suffix != ".zip":
                sink.write(part, part.name)
        for name, data in more:
            sink.writestr(name, data)
    return archive


def test_a_utf8_shapefile_comes_with_text_points_and_crs(shapefile) -> None:
    table = read(shapefile(ROWS))
    assert table.columns["户主"].tolist() == ["张伟", "谢英"]
    assert [(point.x, point.y) for point in table.geometry] == [(105.1, 35.2), (105.2, 35.3)]
    assert table.encoding == "utf-8"
    assert table.crs is not None
    assert "WGS" in table.crs


@pytest.mark.parametrize(
    ("keep", "language"),
    [
        ((".shp", ".shx", ".dbf", ".prj", ".cpg"), None),  # says GBK in the .cpg
        ((".shp", ".shx", ".dbf", ".prj"), 0x4D),  # says 936 in the table
        ((".shp", ".shx", ".dbf", ".prj"), 0),  # says nothing
    ],
)
def test_a_gbk_table_is_read_whatever_it_says(shapefile, keep, language) -> None:
    table = read(shapefile(ROWS, encoding="GBK", keep=keep, language=language))
    assert list(table.columns) == ["户号", "户主"]
    assert table.columns["户主"].tolist() == ["张伟", "谢英"]
    assert table.encoding == "gb18030"


def test_an_encoding_that_is_named_wins_over_the_file(shapefile) -> None:
    path = shapefile(ROWS, encoding="GBK", keep=(".shp", ".shx", ".dbf"), language=0)
    path.with_suffix(".cpg").write_text("UTF-8")
    assert read(path, encoding="gbk").columns["户主"].tolist() == ["张伟", "谢英"]


def test_a_shapefile_without_prj_does_not_say_its_crs(shapefile) -> None:
    assert read(shapefile(ROWS, keep=(".shp", ".shx", ".dbf", ".cpg"))).crs is None


def test_a_missing_table_is_named_and_a_missing_index_is_made_again(shapefile) -> None:
    with pytest.raises(FileUnreadable, match=r"its \.dbf is missing; send all its parts"):
        read(shapefile(ROWS, keep=(".shp", ".shx")))
    table = read(shapefile(ROWS, keep=(".shp", ".dbf")))
    assert [point.x for point in table.geometry] == [105.1, 105.2]
    assert [note.sentence for note in table.notes] == [
        "Its index (.shx) was missing and was made again from the shapes."
    ]


def test_parts_of_other_lengths_are_damage_that_is_taken_when_asked(shapefile) -> None:
    path = shapefile(ROWS)
    table = path.with_suffix(".dbf")
    data = bytearray(table.read_bytes())
    data[4] = 1  # it says one record, the shapes are two
    table.write_bytes(bytes(data))
    with pytest.raises(FileDamaged, match=r"differ in number\): 1 of 2 rows can be read"):
        read(path)
    assert read(path, salvage=True).columns["户号"].tolist() == ["H1"]
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(FileDamaged, match="cut off"):
        read(path)


def test_a_zip_is_read_like_its_shapefile_and_other_files_in_it_are_passed_over(shapefile) -> None:
    archive = zipped(shapefile(ROWS), ("__MACOSX/._layer.shp", b"x"), ("readme.pdf", b"x"))
    assert read(archive).columns["户号"].tolist() == ["H1", "H2"]


def test_a_zip_with_two_shapefiles_asks_which(shapefile, tmp_path) -> None:
    archive = zipped(shapefile(ROWS))
    parts = {
        name: (tmp_path / name).read_bytes() for name in ("layer.shp", "layer.shx", "layer.dbf")
    }
    archive = zipped(
        tmp_path / "layer.shp",
        *((f"folder/other{Path(name).suffix}", data) for name, data in parts.items()),
    )
    with pytest.raises(LayerChoice, match=r"\(layer, other\); name one with --layer"):
        read(archive)
    assert len(read(archive, layer="other")) == 2


@pytest.mark.parametrize("name", ["../layer.shp", "/etc/layer.shp", "a\\layer.shp", "c:layer.shp"])
def test_a_zip_with_a_name_that_leads_out_is_refused(tmp_path, name: str) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as sink:
        sink.writestr(name, b"x")
    with pytest.raises(FileUnreadable, match="leads out of the archive"):
        read(archive)


def test_a_zip_with_a_link_a_bomb_or_a_crowd_is_refused(tmp_path) -> None:
    link, bomb, crowd = (tmp_path / f"{name}.zip" for name in ("link", "bomb", "crowd"))
    with zipfile.ZipFile(link, "w") as sink:
        entry = zipfile.ZipInfo("layer.shp")
        entry.external_attr = 0o120777 << 16
        sink.writestr(entry, "/etc/passwd")
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as sink:
        sink.writestr("layer.shp", bytes(10_000_000))
    with zipfile.ZipFile(crowd, "w") as sink:
        for number in range(40):
            sink.writestr(f"{number}.shp", b"x")
    for archive, problem in (
        (link, "a link"),
        (bomb, "unpacks to far more"),
        (crowd, "more than 32"),
    ):
        with pytest.raises(FileUnreadable, match=problem):
            read(archive)


def test_a_vrt_inside_a_zip_is_refused(tmp_path) -> None:
    archive = tmp_path / "a.zip"
    vrt = b"<OGRVRTDataSource><OGRVRTLayer><SrcDataSource>/etc/passwd</SrcDataSource>"
    with zipfile.ZipFile(archive, "w") as sink:
        for suffix in (".shp", ".shx", ".dbf"):
            sink.writestr(f"layer{suffix}", vrt)
    with pytest.raises(FileNotWhatItSays):
        read(archive)
    with zipfile.ZipFile(archive, "w") as sink:
        sink.writestr("layer.vrt", vrt)
    with pytest.raises(FileNotWhatItSays, match="zipped shapefile"):
        read(archive)


def test_a_damaged_archive_is_a_sentence(tmp_path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(FileUnreadable):
        read(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("place", "field", "said"),
    [
        (b"PK\x03\x04", (30, b"\x00secret\x00\x00"), "the archive is damaged"),
        (b"PK\x01\x02", (10, b"\x09\x00"), "it is packed in a way that is not read here"),
    ],
    ids=["name", "method"],
)
def test_a_damaged_zip_is_told_in_our_words_and_not_in_its_bytes(
    shapefile, place: bytes, field: tuple[int, bytes], said: str
) -> None:
    archive = zipped(shapefile(ROWS))
    data = bytearray(archive.read_bytes())
    for at in [n for n in range(len(data)) if data[n : n + 4] == place]:
        data[at + field[0] : at + field[0] + len(field[1])] = field[1]
    archive.write_bytes(data)
    with pytest.raises(FileUnreadable) as refused:
        read(archive)
    assert refused.value.facts["problem"] == said
