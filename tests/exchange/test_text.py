import pytest

from gisgrid.errors import EncodingUnknown, UnknownWord
from gisgrid.exchange.text import decode, known_encoding

NAMES = "姓名\n郑伟\n谢英\n张三\n李四光\n模\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("gbk", "gb18030"),
        ("gb18030", "gb18030"),
        ("utf-16", "utf-16"),
    ],
)
def test_the_encoding_of_a_chinese_text_is_found(encoding: str, found: str) -> None:
    assert decode(NAMES.encode(encoding), file="a.csv") == (NAMES, found)


def test_one_value_that_fits_utf8_does_not_decide_for_a_gbk_file() -> None:
    # 模 in GBK is a valid UTF-8 letter; the file as a whole is not.
    assert "模".encode("gbk").decode("utf-8") != "模"
    assert decode(NAMES.encode("gbk"), file="a.csv")[0] == NAMES


def test_a_utf8_text_that_fits_gb18030_too_is_utf8() -> None:
    assert "张伟".encode().decode("gb18030") != "张伟"
    assert decode("张伟".encode(), file="a.csv") == ("张伟", "utf-8")


def test_an_encoding_that_is_named_is_taken_at_its_word() -> None:
    assert decode("café".encode("latin-1"), file="a.csv", encoding="latin-1")[0] == "café"
    assert decode("张三".encode("gbk"), file="a.csv", encoding="GBK")[0] == "张三"


def test_a_text_in_no_known_encoding_is_refused_with_the_cure() -> None:
    with pytest.raises(EncodingUnknown) as err:
        decode(b"name\n\xff\xff\xff\n", file="a.csv")
    assert str(err.value) == ("The text of a.csv is in no known encoding; name it with --encoding.")


@pytest.mark.parametrize("name", ["klingon", "hex", "rot13"])
def test_a_word_that_is_no_encoding_is_refused(name: str) -> None:
    with pytest.raises(UnknownWord):
        known_encoding(name)
