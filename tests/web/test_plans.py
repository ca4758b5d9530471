"""The pages of plans: who may see them, what they show, what they let happen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from gisgrid.access import CONSOLE, Actor, Role, Scope
from gisgrid.model import Programme
from gisgrid.operations import people
from gisgrid.operations.plans import choices, drafts, editing, publishing, reviewing, revisions
from gisgrid.operations.workspace import Workspace
from gisgrid.settings import Settings
from gisgrid.store import Store
from gisgrid.web import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    Enter = Callable[..., FlaskClient]

HOSTILE = "{{7*7}}<script>x</script>\"'${1}"


def planner(ws: Workspace, scope: str = "*") -> Actor:
    name = f"planner {scope}"
    if ws.store.person(name) is None:
        people.add(ws, CONSOLE, name, role="planner", scope=scope)
    return Actor(name, Role.PLANNER, Scope(scope), ws.store.person(name).id)  # type: ignore[union-attr]


def drawn(ws: Workspace, name: str = HOSTILE) -> int:
    """A draft in which G1 and G2 are one grid, submitted."""
    who = planner(ws)
    draft = drafts.open_draft(ws, who, name=name)
    editing.edit(ws, who, draft, {"op": "merge", "codes": ["G1", "G2"], "into": "G1"}, seen=1)
    reviewing.submit(ws, who, draft, seen=2)
    return draft


@pytest.fixture
def published(ws: Workspace) -> int:
    """The number of a plan that was drawn, approved and published."""
    draft = drawn(ws)
    reviewing.approve(ws, CONSOLE, draft, seen=3)
    made = publishing.publish(ws, planner(ws), draft, seen=4, remark=HOSTILE)
    return int(made["revision"])


def test_a_planner_opens_a_draft_by_the_form_and_comes_to_its_editor(
    ws: Workspace, enter: Enter, token: Callable[..., str]
) -> None:
    client = enter("planner")
    answer = client.post("/plans", data={"csrf_token": token(client, "/plans"), "name": HOSTILE})
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert 'data-draft="1"' in page.text
    assert "<script>x" not in page.text
    assert "49" not in re.findall(r'<h1 id="draft-name">(.*?)</h1>', page.text)[0]


def test_the_list_names_drafts_and_published_plans(published: int, enter: Enter) -> None:
    page = enter("supervisor").get("/plans").text
    assert "{{7*7}}&lt;script&gt;" in page
    assert f'href="/plans/revisions/{published}"' in page
    assert "<script>x" not in page


def test_a_new_draft_chooses_among_the_areas_of_the_scope_by_name(
    ws: Workspace, enter: Enter, token: Callable[..., str]
) -> None:
    whole = enter("planner").get("/plans").text
    values = re.findall(r'name="area" value="([^"]*)"( checked)?', whole)
    assert values == [("", " checked"), ("T1", ""), ("V1", ""), ("V2", ""), ("T2", ""), ("V3", "")]
    client = enter("planner", "T1")
    own = client.get("/plans").text
    assert re.findall(r'name="area" value="([^"]*)"', own) == ["", "V1", "V2"]
    form = {"csrf_token": token(client, "/plans"), "name": "one village", "area": "V1"}
    assert client.post("/plans", data=form).status_code == 303
    assert drafts.listing(ws, CONSOLE)[0]["area"] == "V1"
    name = choices.names(ws, ["V1"])["V1"]
    assert f'<span title="V1">{name}</span>' in client.get("/plans").text


def test_without_grids_there_is_nothing_to_redraw_and_no_form(
    settings: Settings, token: Callable[..., str]
) -> None:
    with Store.create(settings.store, programme=Programme()) as store:
        ws = Workspace(store, settings)
        planner(ws)
        client = create_app(settings, ws).test_client()
        address = f"/enter/{people.make_link(ws, CONSOLE, 'planner *')}"
        client.post(address, data={"csrf_token": token(client, address)})
        text = client.get("/plans").text
    assert "There are no grids yet" in text
    assert 'name="area"' not in text


def test_who_may_not_see_drafts_finds_published_plans_alone(published: int, enter: Enter) -> None:
    client = enter("member", "V1")
    page = client.get("/plans").text
    assert f'href="/plans/revisions/{published}"' in page
    assert 'href="/plans/1"' not in page
    assert client.get("/plans/1").status_code == 403
    assert enter("admin").get("/plans").status_code == 403


def test_somebody_elses_draft_and_a_missing_one_are_answered_alike(
    ws: Workspace, enter: Enter
) -> None:
    draft = drawn(ws)
    client = enter("planner", "T2")
    foreign, missing = client.get(f"/plans/{draft}"), client.get("/plans/99")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    strip = re.compile(r"\d+|content=\"[^\"]+\"|value=\"[^\"]+\"")
    assert strip.sub("", foreign.text) == strip.sub("", missing.text)


def test_the_certificate_says_what_was_proved_and_by_whom(published: int, enter: Enter) -> None:
    page = enter("planner").get(f"/plans/revisions/{published}").text
    for part in ("planner *", "console", "4 before, 3 after", "· unchanged"):
        assert part in page, part
    assert re.search(r"<b class=\"number\">0</b> gaps", page)
    assert re.search(
        r">24<.* of 24 located households in exactly one grid|located households in", page
    )
    assert "<script>x" not in page
    assert 'href="/plans/grids/G2"' in page


def test_on_paper_the_certificate_hides_small_counts_and_the_table_of_handovers(
    published: int, enter: Enter
) -> None:
    page = enter("planner").get(f"/plans/revisions/{published}").text
    off = r'<span class="no-print">\d+</span><span class="in-print">hidden</span>'
    for title in ("Households that change hands", "Open cases that go along"):
        assert re.search(rf"<dt>{title}</dt><dd>{off}</dd>", page), title
    table = page.split('<section class="no-print" aria-labelledby="handover">')[1]
    assert f"/plans/revisions/{published}/handover/G1" in table.split("</section>")[0]
    assert page.count("/handover/G1") == 1


def test_a_handover_list_names_what_a_grid_received(published: int, enter: Enter) -> None:
    client = enter("supervisor")
    page = client.get(f"/plans/revisions/{published}/handover/G1").text
    assert "Households received (7)" in page  # U-1 has no location and goes with its ground
    assert "Name G2 0" in page
    assert '<span title="G2">' in page  # by its name, with its member
    plain = enter("planner").get(f"/plans/revisions/{published}/handover/G1").text
    assert "G2-0" in plain
    assert "Name G2 0" not in plain


def test_a_handover_list_comes_in_pages_and_each_look_is_of_its_page(
    published: int, enter: Enter, ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gisgrid.operations.plans.handover.PAGE_ROWS", 3)
    client, address = enter("supervisor"), f"/plans/revisions/{published}/handover/G1"
    seen = []
    for page in (1, 2, 3, 4, 5):
        found = client.get(f"{address}?page={page}").text
        names = re.findall(r"<td>(Name G2 \d|No place)</td>", found)
        assert len(names) <= 3
        seen += re.findall(r'/households/([^"]+)"', found)
        assert ('rel="next"' in found) == (page < 3)
        if names:
            assert ws.store.audit_rows(limit=1)[0].count == len(set(names))
    assert len(seen) == len(set(seen)) == 7


def test_a_handover_list_of_a_grid_beyond_the_scope_is_not_there(
    published: int, enter: Enter
) -> None:
    client = enter("supervisor", "T2")
    assert client.get(f"/plans/revisions/{published}/handover/G1").status_code == 404
    assert client.get(f"/plans/revisions/{published}/handover/none").status_code == 404


def test_a_grid_that_is_gone_tells_what_became_of_it(published: int, enter: Enter) -> None:
    page = enter("supervisor").get("/plans/grids/G2").text
    assert "no longer in force" in page
    assert 'href="/plans/grids/G1"' in page
    assert f'href="/plans/revisions/{published}"' in page


def test_a_published_plan_is_undone_by_a_draft_of_its_own(
    published: int, enter: Enter, token: Callable[..., str]
) -> None:
    client = enter("planner")
    address = f"/plans/revisions/{published}"
    answer = client.post(f"{address}/reverse", data={"csrf_token": token(client, address)})
    assert answer.status_code == 303
    draft = answer.headers["Location"].rsplit("/", 1)[1]
    told = client.get(f"/api/v1/drafts/{draft}").get_json()
    assert told["reverses"] == published
    assert told["step"] == 1


def test_a_plan_whose_day_has_not_come_is_taken_back(
    ws: Workspace, enter: Enter, token: Callable[..., str]
) -> None:
    draft = drawn(ws)
    reviewing.approve(ws, CONSOLE, draft, seen=3)
    later = ws.today().replace(year=ws.today().year + 1)
    made = publishing.publish(ws, planner(ws), draft, seen=4, valid_from=later)
    client = enter("planner")
    address = f"/plans/revisions/{made['revision']}"
    page = client.get(address).text
    assert "not yet in force" in page
    asked = page[page.index('class="plan-ask"') : page.index("/withdraw")]
    assert "<summary" in asked  # a press of its own before the one that does it
    assert "stays in force" in page[page.index("/withdraw") :]
    answer = client.post(f"{address}/withdraw", data={"csrf_token": token(client, address)})
    assert answer.status_code == 303
    assert revisions.shown(ws, CONSOLE, made["revision"])["state"] == "withdrawn"
    assert "withdrawn" in client.get(address).text


def test_a_form_without_its_token_changes_nothing(ws: Workspace, enter: Enter) -> None:
    assert enter("planner").post("/plans", data={"name": "x"}).status_code == 403
    assert drafts.listing(ws, CONSOLE) == []


def test_a_supervisor_cannot_open_a_draft(
    ws: Workspace, enter: Enter, token: Callable[..., str]
) -> None:
    client = enter("supervisor")
    answer = client.post("/plans", data={"csrf_token": token(client, "/plans"), "name": "x"})
    assert answer.status_code == 403
    assert 'action="/plans"' not in client.get("/plans").text
    assert drafts.listing(ws, CONSOLE) == []


def test_no_name_of_a_draft_or_a_member_is_in_the_script_of_the_map(
    ws: Workspace, enter: Enter
) -> None:
    drawn(ws)
    script = enter("planner").get("/map/plan.js").text
    assert "Member" not in script
    assert "7*7" not in script
