"""What else is called .xls or .et: web systems write pages, XML and plain text so."""

from __future__ import annotations

from gisgrid.errors import FileInDisguise

_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""Marks of UTF-16, the one text in which a zero byte is honest."""
_PAGES = (b"<!doctype html", b"<html", b"<table")
_WORKBOOK = b"urn:schemas-microsoft-com:office:spreadsheet"
_PARTS = b"mime-version:"
_NO_LIST = (b"<", b"{", b"%pdf", b"\x89", b"\x1f\x8b", b"\x00\x00\x27\x0a", b"sqlite format")


def is_page(name: str, head: bytes) -> bool:
    """Whether a file that is called .xls or .et is a web page with a table, which is read.

    Raises FileInDisguise where it is something else that people can do something about.
    """
    if looks_like_page(head):
        return True
    if b"\0" in head and not head.startswith(_WIDE):
        return False
    text = _lowered(head)
    if _WORKBOOK in text:
        raise FileInDisguise(
            file=name,
            problem="it is a workbook written as XML; open it in Excel or WPS and save it as .xlsx",
        )
    if text.startswith(_PARTS):
        raise FileInDisguise(
            file=name,
            problem="it is a web archive; open it in Excel or WPS and save it as .xlsx",
        )
    first = text.split(b"\n")[0]
    if not text.startswith(_NO_LIST) and any(mark in first for mark in (b"\t", b",", b";")):
        raise FileInDisguise(file=name, problem="it is plain text; let its name end in .csv")
    return False


def looks_like_page(head: bytes) -> bool:
    """Whether a file begins as a web page, or as a part of one with a table, does."""
    text = _lowered(head)
    if text.startswith(_PAGES):
        return True
    return text.startswith(b"<") and b"<table" in text and _WORKBOOK not in text


def _lowered(head: bytes) -> bytes:
    """The beginning of a text without marks, blanks and the zero bytes of UTF-16."""
    return head.replace(b"\0", b"").lstrip(b"\xff\xfe\xef\xbb\xbf \t\r\n").lower()
