"""People at two servers, over HTTP: they record, import, erase, look and take along, until a kill.

What a server said yes to is noted as a word of `said`, such as "visit <id>"; see `faults`.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
import sqlite3
import threading
import uuid
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlencode

from gisgrid.access import CONSOLE
from gisgrid.operations import keys, people
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings

from . import work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ROWS = 12
"""Households of one import; WRONG knows the number too."""
LOOKS = (
    "/",
    "/api/v1/overview",
    "/tiles/grids/10/811/405.mvt",
    "/tiles/households/16/51916/25963.mvt",
    "/households",
    "/work?grid=G1",
    "/export/file?what=households&format=csv&level=case_work",
    "/export/file?what=coverage&format=gpkg",
)
BROKEN = (OSError, http.client.HTTPException)


@dataclass
class Pass:
    """How somebody comes in: a token, or the cookies and the form token of a session."""

    headers: dict[str, str]
    csrf: str = ""


@dataclass
class Crowd:
    """Who works at the servers, and what was said yes to."""

    passes: dict[str, Pass]
    said: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    number: Iterator[int] = field(default_factory=itertools.count)
    more: threading.Condition = field(default_factory=threading.Condition)

    def work_at(self, port: int) -> list[threading.Thread]:
        """Everybody begins; each ends when the server does."""
        deeds = (self.visit, self.visit, self.case, self.bring_in_and_erase, self.look)
        threads = [threading.Thread(target=self._go, args=(port, deed)) for deed in deeds]
        for thread in threads:
            thread.start()
        return threads

    def yes(self, words: list[str]) -> None:
        """A server said yes to these."""
        with self.more:
            self.said += words
            self.more.notify_all()

    def wait_for(self, kind: str) -> None:
        """Until a server says yes to one more of that kind."""
        with self.more:
            before = len(self.said)
            new = self.more.wait_for(
                lambda: self.failed or any(w.startswith(kind) for w in self.said[before:]), 60
            )
        assert new, f"nobody got through with a {kind}"

    def _go(self, port: int, deed: Callable[[http.client.HTTPConnection], None]) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
            try:
                while True:
                    deed(line)
            except BROKEN:
                return

    def ask(
        self,
        line: http.client.HTTPConnection,
        who: str,
        address: str,
        *,
        body: bytes | None = None,
        kind: str = "",
    ) -> tuple[int, str, bytes]:
        """Status, where it leads, and the whole answer: what breaks off was no answer."""
        headers = self.passes[who].headers | ({"Content-Type": kind} if kind else {})
        line.request("GET" if body is None else "POST", address, body, headers)
        answer = line.getresponse()
        content = answer.read()
        if answer.status >= 500:
            self.failed.append(f"{answer.status} {address}")
        return answer.status, answer.headers.get("Location", ""), content

    def form(self, line: http.client.HTTPConnection, address: str, **fields: str) -> int:
        body = urlencode(fields | {"csrf_token": self.passes["officer"].csrf}).encode()
        kind = "application/x-www-form-urlencoded"
        return self.ask(line, "officer", address, body=body, kind=kind)[0]

    # Deeds -----------------------------------------------------------------------------------

    def sent(self, line: http.client.HTTPConnection, kind: str, items: list[object]) -> None:
        body = json.dumps({kind: items}).encode()
        status, _, content = self.ask(
            line, "member", f"/api/v1/{kind}", body=body, kind="application/json"
        )
        if status == 200:
            results = json.loads(content)["results"]
            self.yes([f"{kind[:-1]} {r['id']}" for r in results if r["state"] == "accepted"])

    def visit(self, line: http.client.HTTPConnection) -> None:
        items: list[object] = [
            {"client_id": str(uuid.uuid4()), "household": f"H{n % work.HOMES}", "outcome": "met"}
            for n in (next(self.number), next(self.number))
        ]
        self.sent(line, "visits", items)

    def case(self, line: http.client.HTTPConnection) -> None:
        item = {"client_id": str(uuid.uuid4()), "household": "H1", "category": "water"}
        self.sent(line, "cases", [item])

    def bring_in_and_erase(self, line: http.client.HTTPConnection) -> None:
        """A file of households, imported as a whole; then one of them is erased."""
        batch = f"B{next(self.number)}"
        rows = "".join(f"{batch}.{n},{batch},105.00{n:02d},35.005\n" for n in range(ROWS))
        mark = uuid.uuid4().hex
        parts = {"layer": "households", "csrf_token": self.passes["officer"].csrf}
        lines = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in parts.items()
        ]
        lines.append(
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{batch}.csv"\r\n'
            f"Content-Type: text/csv\r\n\r\nid,name,lon,lat\n{rows}\r\n--{mark}--\r\n"
        )
        kind = f"multipart/form-data; boundary={mark}"
        body = "".join(lines).encode()
        status, page, _ = self.ask(line, "officer", "/import", body=body, kind=kind)
        if status != 303 or self._at_rest(line, page) != "What the import would do":
            return
        if self.form(line, page) != 303 or self._at_rest(line, page) != "Imported":
            return
        self.yes([f"bring_in {batch}"])
        home = f"{batch}.0"
        if self.form(line, f"/person-data/{home}/erase", reason="asked for it", again=home) == 303:
            self.yes([f"erase {home}"])

    def _at_rest(self, line: http.client.HTTPConnection, page: str) -> str:
        """The heading of the page of a file once no work on the file is under way."""
        text = ""
        while not text or 'http-equiv="refresh"' in text:
            status, _, content = self.ask(line, "officer", page)
            if status != 200:
                return ""
            text = content.decode()
        heading = re.search(r"<h1>([^<]*)</h1>", text)
        return heading[1] if heading else ""

    def look(self, line: http.client.HTTPConnection) -> None:
        for address in LOOKS:
            status, _, _ = self.ask(line, "officer" if "export" in address else "looker", address)
            if status not in (200, 204):
                self.failed.append(f"{status} {address}")


def come_in(path: Path, port: int) -> Crowd:
    """Accounts, a token and sessions; they outlive the servers, as the key is the same."""
    passes: dict[str, Pass] = {}
    with Workspace.open(Settings(store=str(path))) as ws:
        links = {}
        for name, role in (("officer", "data_officer"), ("looker", "supervisor")):
            people.add(ws, CONSOLE, name, role=role, scope="*")
            links[name] = people.make_link(ws, CONSOLE, name)
        people.add(ws, CONSOLE, "member", role="supervisor", scope="*")
        me = people.actor_of(people.known(ws, "member"))
        token = keys.make_token(ws, me, name="phone", reach="write", days=9)
    passes["member"] = Pass({"Authorization": f"Bearer {token}"})
    for name, link in links.items():
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
            passes[name] = _signed_in(line, f"/enter/{link}")
    return Crowd(passes)


def _signed_in(line: http.client.HTTPConnection, address: str) -> Pass:
    jar: dict[str, str] = {}

    def ask(method: str, address: str, body: str | None = None) -> str:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in jar.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        line.request(method, address, body, headers)
        answer = line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            jar[name] = value
        return answer.read().decode()

    def csrf(page: str) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found, page[:500]
        return found[1]

    ask("POST", address, urlencode({"csrf_token": csrf(ask("GET", address))}))
    form_token = csrf(ask("GET", "/rights"))
    cookies = "; ".join(f"{name}={value}" for name, value in jar.items())
    return Pass({"Cookie": cookies}, form_token)


def faults(path: Path, said: list[str]) -> list[str]:
    """What is wrong with the store after a kill, by its own file, the account and the yeses."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            return list(_faults(connection, said))
    except sqlite3.Error as err:
        return [f"the store cannot be read: {err}"]


DONE = {
    "visit": "SELECT id FROM visits",
    "case": "SELECT id FROM cases",
    "erase": "SELECT household_id FROM erasures",
    "bring_in": "SELECT DISTINCT substr(id, 1, instr(id, '.') - 1) FROM households "
    "WHERE id LIKE 'B%.%'",
}
"""Kind of deed -> the numbers of those that the store holds."""
TOLD = {"visit": "record_visits", "case": "record_cases", "erase": "erase_household"}
"""Kind of deed -> what it is called in the account of use, which names each."""
WRONG = {
    "half a case": "SELECT id FROM cases WHERE (SELECT count(*) FROM case_changes WHERE "
    "case_id = cases.id AND kind = 'opened') <> 1",
    "half an import": "SELECT substr(id, 1, instr(id, '.')) AS batch FROM households "
    "WHERE id LIKE 'B%.%' GROUP BY batch HAVING count(*) <> 12",
    "half an erasure": "SELECT h.id FROM erasures e JOIN households h ON h.id = e.household_id "
    "WHERE h.name IS NOT NULL OR h.unlisted_on IS NULL",
    "erased and nobody knows": "SELECT id FROM households WHERE name IS NULL AND id LIKE 'B%.%' "
    "AND id NOT IN (SELECT household_id FROM erasures)",
    "an import without its row": "SELECT 1 WHERE (SELECT count(*) FROM audit WHERE action = "
    "'import') <> (SELECT count(DISTINCT substr(id, 1, instr(id, '.'))) FROM households "
    "WHERE id LIKE 'B%.%')",
}
"""What cannot be -> what finds it."""


def _faults(connection: sqlite3.Connection, said: list[str]) -> Iterator[str]:
    def column(sql: str, *values: str) -> list[str]:
        return [row[0] for row in connection.execute(sql, values)]

    if (state := column("PRAGMA integrity_check")) != ["ok"]:
        yield f"the file is damaged: {state[0]}"
        return
    done = {kind: set(column(sql)) for kind, sql in DONE.items()}
    for kind, action in TOLD.items():
        objects = column("SELECT object FROM audit WHERE action = ?", action)
        named = {unquote(i) for what in objects for i in what.partition(":")[2].split(",")}
        if done[kind] != named:
            yield f"half a {kind}: {sorted(done[kind] ^ named)[:3]}"
    for word in said:
        kind, _, number = word.partition(" ")
        if number not in done[kind]:
            yield f"an acknowledged {kind} is lost: {number}"
    for wrong, sql in WRONG.items():
        if found := column(sql):
            yield f"{wrong}: {found[:3]}"
