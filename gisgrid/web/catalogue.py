"""The catalogue of text: gathers it from Python, templates and JavaScript, and writes its forms.

`python -m gisgrid.web.catalogue` in a checkout brings translations/…/messages.po up to date and
writes messages.mo (for pages) and static/i18n/….json (for the page's own script) from it. All
three are kept in the repository, so that an installation needs no build step.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_python
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from gisgrid import __version__, resources
from gisgrid.web.problems import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO

LOCALE = "zh_Hans_CN"
HERE = Path(__file__).resolve().parent
PO = HERE / "translations" / LOCALE / "LC_MESSAGES" / "messages.po"
MO = PO.with_suffix(".mo")
READERS = ("one_of", "whole")
"""What reads arguments of an address or a form, with the kind of value first."""
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "t": None,
    "tn": (1, 2),
}


def script_catalogue() -> Path:
    """Where the page's own script finds its text."""
    return resources.folder("static") / "i18n" / f"{LOCALE}.json"


def extract_sentences(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's extractor for gisgrid.errors: the sentence of each class, and its `problems`."""
    del keywords, comment_tags, options
    classes = (n for n in ast.walk(ast.parse(fileobj.read())) if isinstance(n, ast.ClassDef))
    for line in (line for found in classes for line in found.body):
        if isinstance(line, ast.Assign | ast.AnnAssign):
            target = line.targets[0] if isinstance(line, ast.Assign) else line.target
            named = target.id if isinstance(target, ast.Name) else ""
            if named == "sentence" and isinstance(line.value, ast.Constant):
                yield line.lineno, "gettext", str(line.value.value), []
            if named == "problems" and isinstance(line.value, ast.Dict):
                for text in line.value.values:
                    if isinstance(text, ast.Constant):
                        yield text.lineno, "gettext", str(text.value), []


def extract_reasons(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's extractor for tables of sentences: alone or in pairs under their codes."""
    del keywords, comment_tags, options
    for node in ast.walk(ast.parse(fileobj.read())):
        if isinstance(node, ast.Tuple | ast.Dict):
            for text in node.elts if isinstance(node, ast.Tuple) else node.values:
                if isinstance(text, ast.Constant) and str(text.value).endswith("."):
                    yield text.lineno, "gettext", str(text.value), []


def extract_tables(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's extractor for tables of sentences: the values of dictionaries."""
    del keywords, comment_tags, options
    tables = (n for n in ast.walk(ast.parse(fileobj.read())) if isinstance(n, ast.Dict))
    for text in (text for table in tables for text in table.values):
        if isinstance(text, ast.Constant) and str(text.value).endswith("."):
            yield text.lineno, "gettext", str(text.value), []


def extract_facts(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, str, list[str]]]:
    """Babel's extractor for what raises errors: the facts that are words of ours.

    Also what becomes such a fact: what a name `problem` is given, why a row is broken, what of a
    file is lost, and the table `PROBLEMS`.
    """
    del keywords, comment_tags, options
    for node in ast.walk(ast.parse(fileobj.read())):
        for value in _facts(node):
            texts = (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,)
            for text in texts:
                # `kind="stable"` is numpy's.
                said = text.value if isinstance(text, ast.Constant) else None
                if isinstance(said, str) and said not in {"", "stable"}:
                    yield text.lineno, "gettext", said, []


def extract_web(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, Any, Any, Any]]:
    """Babel's extractor for Python, and the kinds of values that a request is refused for.

    A kind is said where UnknownWord is raised, or as the first word of a reader of arguments.
    """
    yield from extract_python(fileobj, keywords, comment_tags, options)
    fileobj.seek(0)
    calls = (node for node in ast.walk(ast.parse(fileobj.read())) if isinstance(node, ast.Call))
    for call in calls:
        name = _called(call.func).split(".")[-1]
        kinds = [word.value for word in call.keywords if word.arg == "kind"]
        for kind in kinds if name == "UnknownWord" else call.args[:1] * (name in READERS):
            if isinstance(kind, ast.Constant):
                yield kind.lineno, "gettext", str(kind.value), []


def _facts(node: ast.AST) -> list[ast.expr]:
    """What a statement or a call makes a fact of."""
    if isinstance(node, ast.Call):
        found = [word.value for word in node.keywords if word.arg in WORDS]
        if _called(node.func) in {"broken.setdefault", "lost.append"}:
            found.append(node.args[-1])
        return found
    if not isinstance(node, ast.Assign):
        return []
    target = node.targets[0]
    if _called(target) == "PROBLEMS" and isinstance(node.value, ast.Dict):
        return node.value.values
    kept = isinstance(target, ast.Subscript) and _called(target.value).endswith("broken")
    return [node.value] if kept or _called(target) == "problem" else []


def _called(node: ast.AST) -> str:
    """The last two names of what is called or given a value: `found.lost.append` -> lost.append."""
    if isinstance(node, ast.Attribute):
        return ".".join([*_called(node.value).split(".")[-1:], node.attr]).lstrip(".")
    return node.id if isinstance(node, ast.Name) else ""


_IN_SCRIPT = re.compile(r'\bt(n?)\(\s*("(?:[^"\\\n]|\\.)*")(?:,\s*("(?:[^"\\\n]|\\.)*"))?')


def extract_script(
    fileobj: IO[bytes], keywords: Any, comment_tags: Any, options: Any
) -> Iterator[tuple[int, str, Any, list[str]]]:
    """Babel's extractor for the page's own script: t("…") and tn("…", "…").

    Babel's extractor for JavaScript does not look into template strings, where many of them stand.
    """
    del keywords, comment_tags, options
    source = fileobj.read().decode("utf-8")
    for call in _IN_SCRIPT.finditer(source):
        line = source.count("\n", 0, call.start()) + 1
        plural, *found = call.group(1, 2, 3)
        words = [json.loads(text) for text in found if text]
        yield line, "ngettext" if plural else "gettext", words if plural else words[0], []


def gathered() -> Catalog:
    """All text for people that the source holds; needs a checkout."""
    found = Catalog(project="gisgrid", version=__version__, charset="utf-8")
    root = HERE.parent.parent
    with (HERE / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file, "babel.cfg")  # type: ignore[no-untyped-call]
    # Walked folder by folder: the root also holds environments and data.
    for folder in ("gisgrid", "static"):
        for name, line, message, comments, context in extract_from_dir(
            str(root / folder),
            [(p.removeprefix(f"{folder}/"), m) for p, m in methods if p.startswith(folder)],
            {p.removeprefix(f"{folder}/"): o for p, o in options.items()},
            KEYWORDS,
        ):
            found.add(
                message, None, [(f"{folder}/{name}", line)], auto_comments=comments, context=context
            )
    return found


def kept() -> Catalog:
    """The catalogue as it is kept."""
    with PO.open("rb") as file:
        return read_po(file, locale=LOCALE)


def compiled(catalogue: Catalog) -> bytes:
    """The bytes of messages.mo."""
    out = BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def for_script(catalogue: Catalog) -> str:
    """The JSON of the text that the page's own script shows: English -> Chinese.

    A plural stands under both English forms; Chinese has one.
    """
    shown = {}
    for message in catalogue:
        if message.id and any(name.endswith(".js") for name, _ in message.locations):
            shown.update(dict.fromkeys(forms(message.id), forms(message.string)[0]))
    return json.dumps(shown, ensure_ascii=False, indent=0, sort_keys=True) + "\n"


def forms(text: str | Sequence[str] | None) -> Sequence[str]:
    """The forms of a text: one, or a singular and plurals; an empty one where there is none."""
    return [text] if isinstance(text, str) else text or [""]


def renewed(old: Catalog) -> Catalog:
    """The text of the source, with the translations of `old`; what is no longer used is gone."""
    # A fixed date: a run that changes no text changes no file.
    day = datetime(2026, 11, 22, tzinfo=UTC)
    new = Catalog(
        locale=LOCALE,
        project="gisgrid",
        version=__version__,
        header_comment="# The text of gisgrid in Chinese (simplified).",
        copyright_holder="The gisgrid authors",
        msgid_bugs_address="",
        last_translator="The gisgrid authors",
        language_team="The gisgrid authors",
        creation_date=day,
        revision_date=day,
        fuzzy=False,
    )
    for message in gathered():
        if message.id:
            known = old.get(message.id)
            new.add(message.id, known.string if known else None, message.locations)
    return new


def main() -> int:
    """Bring all three files up to date; prints and returns how many texts lack a translation."""
    catalogue = renewed(kept() if PO.exists() else Catalog(locale=LOCALE))
    write(catalogue)
    missing = [m.id for m in catalogue if m.id and not all(forms(m.string))]
    for text in missing:
        sys.stdout.write(f"no translation: {text!r}\n")
    return len(missing)


def write(catalogue: Catalog) -> None:
    """Write messages.po, messages.mo and the JSON."""
    PO.parent.mkdir(parents=True, exist_ok=True)
    with PO.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    MO.write_bytes(compiled(catalogue))
    target = script_catalogue()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(for_script(catalogue), "utf-8")


if __name__ == "__main__":
    sys.exit(min(main(), 1))
