"""Pages of lists and forms, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    "path", ["/", "/cases", "/households", "/households/T1V1-1-01", "/export", "/rights"]
)
def test_a_slash_leads_to_the_search_box_of_every_page(visit, path):
    page = visit(path)
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#search")).to_have_value("")
    page.keyboard.type("a/b")
    expect(page.locator("#search")).to_have_value("a/b")  # in the box it is a letter


def test_nothing_of_a_list_lies_off_the_screen_of_a_phone(visit):
    page = visit("/households?status=gap&area=T1", width=390)
    cells = page.locator(".as-cards tbody tr:first-child :is(th, td)")
    assert cells.count() == 8
    for cell in cells.all():
        if cell.inner_text().strip():
            box = cell.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # Each figure says what it is, because the heads of the columns are gone.
    label = "getComputedStyle(e, '::before').content"
    assert cells.last.evaluate(f"e => {label}") in ('"Last attempt"', "none")
    assert cells.nth(6).evaluate(f"e => {label}") == '"Days waiting"'


def test_the_name_of_the_page_that_is_open_is_seen_on_a_phone(visit):
    page = visit("/person-data", role="data_officer", width=390)
    here = page.locator(".site-nav [aria-current]")
    expect(here).to_be_in_viewport(ratio=0.95)


def test_the_counts_of_the_work_list_are_on_the_screen_of_a_phone(visit):
    page = visit("/work", width=390)
    assert page.locator("table thead th").count() == 5
    assert page.locator(".table-scroll").evaluate("e => e.scrollWidth - e.clientWidth") == 0


def test_headings_are_bold_in_faces_that_have_no_bold_one(visit):
    page = visit("/households", language="zh")
    assert page.locator("h1").evaluate("e => getComputedStyle(e).fontWeight") == "700"


def test_a_list_names_places_as_people_do(visit):
    page = visit("/households?area=T1V1")
    expect(page.locator(".summary")).to_contain_text(
        "会宁县 › 新添堡 › Village 1.1 · as of 22 Nov 2026"
    )
    page.locator(".summary a").last.click()
    expect(page).to_have_url(re.compile(r"/areas/T1V1"))


GOOD = "户号,姓名,经度,纬度\nN-1,王芳,105.004,35.704\nN-2,李娜,,\n"
BAD = "户号,姓名,经度,纬度\nN-3,王芳,0,0\n"


def choose(page, tmp_path, text):
    page.goto("/import")
    file = tmp_path / "住户.csv"
    file.write_text(text, encoding="utf-8")
    page.locator("#layer").select_option("households")
    page.locator("#file").set_input_files(str(file))
    page.locator("main button.primary").click()


@pytest.mark.parametrize(("width", "language"), [(390, "zh"), (1440, "en")])
def test_a_file_is_looked_at_then_imported(visit, own, tmp_path, width, language):
    page = visit("/import", role="data_officer", at=own, width=width, language=language)
    choose(page, tmp_path, BAD)
    expect(page.locator("main .notice.error")).to_be_visible()
    expect(page.locator("main tbody tr").first).to_contain_text("(0, 0)")
    assert not page.locator("main button.primary").count()  # nothing to confirm
    choose(page, tmp_path, GOOD)
    expect(page.locator("main")).to_contain_text("王芳")
    page.locator("main button.primary").click()
    expect(page.locator("main h1")).to_have_text("Imported" if language == "en" else "已导入")
    page.goto("/households/N-1")
    expect(page.locator("h1")).to_have_text("王芳")


def test_what_is_chosen_on_the_export_page_is_what_comes_down(visit):
    page = visit("/export", role="supervisor")
    page.locator("#what").select_option("coverage")
    page.locator("#format").select_option("csv")
    page.locator("#by").select_option("township")
    page.locator("#area").fill("T1")
    page.locator("main form button.primary").click()
    expect(page.locator("main h1")).to_have_text("Your file is ready")
    expect(page.locator("main")).to_contain_text("nothing is cut, rounded or left out")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    with page.expect_download() as waiting:
        page.locator("main a.primary").click()
    assert waiting.value.suggested_filename == "gisgrid_coverage_T1_20261122.csv"
    lines = waiting.value.path().read_text("utf-8-sig").splitlines()
    assert lines[0] == "code,name,households,gap,coverage,hidden"  # as usual: what may be shared
    assert [line.split(",")[0] for line in lines[1:]] == ["T1", ""]
    assert lines[1].split(",")[2] == "97"


@pytest.mark.parametrize("width", [390, 1440])
def test_a_person_is_invited_comes_in_once_and_is_shut_out(visit, own, chromium, width):
    page = visit("/people", role="admin", at=own, width=width)
    page.locator("#name").fill("王芳")
    page.locator("#role").select_option("member")
    page.locator("#scope").fill("T1V1-1")
    page.locator("main form.narrow button.primary").click()
    address = page.locator("code.address").inner_text()
    row = page.locator("tbody tr", has_text="王芳")
    out = row.get_by_role("button", name="Shut out")
    box = out.bounding_box()
    assert box["x"] + box["width"] <= width
    guest = chromium.new_context().new_page()
    guest.goto(address)
    guest.locator("main button.primary").click()
    expect(guest.locator(".person summary")).to_have_text("王芳")
    out.click()
    buttons = page.locator("tbody tr", has_text="王芳").locator("button")
    expect(buttons).to_have_text(["Let in again"])
    guest.reload()
    expect(guest.locator(".person")).to_have_count(0)
    guest.context.close()


def test_what_does_not_go_with_a_choice_of_the_export_is_not_beside_it(visit):
    page = visit("/export", role="data_officer")
    page.locator("#what").select_option("grids")
    page.locator("#format").select_option("csv")
    expect(page.get_by_text("Columns of grids")).to_be_visible()
    expect(page.get_by_text("Columns of coverage")).to_be_hidden()
    expect(page.locator("#category")).to_be_hidden()
    expect(page.locator("[name=twin]")).to_be_hidden()
    page.locator("#format").select_option("shp")
    expect(page.locator("[name=twin]")).to_be_checked()
    page.get_by_text("Columns of grids").click()
    page.get_by_role("checkbox", name="visit interval in days").uncheck()
    page.locator("main form button.primary").click()
    expect(page.locator("main h1")).to_have_text("Your file is ready")
    expect(page.locator("main")).to_contain_text("gisgrid_grids_all_20261122.zip")


@pytest.mark.parametrize(("language", "said"), [("en", "larger than"), ("zh", "文件大于")])
def test_a_file_that_is_too_large_is_told_before_it_is_sent(visit, language, said):
    page = visit("/import", role="data_officer", language=language)
    field = page.locator("#file")
    field.evaluate("field => (field.dataset.most = 10 / 1024 ** 2)")
    field.set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"x" * 11})
    assert said in field.evaluate("field => field.validationMessage")
    page.locator("form[data-busy] button.primary").click()
    assert page.locator(".busy").count() == 0
    field.set_input_files({"name": "a.csv", "mimeType": "text/csv", "buffer": b"x" * 10})
    assert field.evaluate("field => field.validationMessage") == ""
    half = {"mimeType": "application/octet-stream", "buffer": b"x" * 6}
    field.set_input_files([{"name": "a.shp", **half}, {"name": "a.dbf", **half}])
    assert said in field.evaluate("field => field.validationMessage")
