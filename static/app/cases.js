// The case page: open and overdue cases by location, filters, and the list with those that have none.
import { hush, json, say } from "./api.js";
import { Bins } from "./bins.js";
import { putCard, shutCard } from "./card.js";
import { CaseMap } from "./casemap.js";
import { caseRow, headline } from "./caselist.js";
import { byId, el, settled, swap } from "./dom.js";
import { isDay, number, shiftDay } from "./format.js";
import { t, tn } from "./i18n.js";
import { keys } from "./keyboard.js";
import { caseLegend } from "./legend.js";
import { POINTS_FROM, fit, reveal } from "./map.js";
import { breadcrumb } from "./panel.js";
import { offMap, search } from "./search.js";
import { sheet } from "./sheet.js";
import { hashOf, read, write } from "./state.js";

const HOME = "/cases";
const PAGE = 100;

let state = read();
let overview = null;
let asked = 0;
let rows = [];
let total = 0;
let overdue = 0;
let counts = { located: 0, located_overdue: 0 }; // of what the filters leave

sheet();
const view = new CaseMap({ cases: (ids) => openCase(ids) });
const bins = new Bins({
  map: view.map,
  view: view.view,
  below: POINTS_FROM,
  open: (at) => view.map.setView(at, Math.min(view.map.getZoom() + 2, 17)),
  drawn: (boxes) => view.avoid(boxes),
  know: (tile) => view.know(tile),
  inside: (latlng) => view.inside(latlng),
});

const filters = () => ({
  as_of: state.as_of,
  category: state.category,
  status: state.status,
  min_age: state.min_age,
});
const nowhere = () => state.located === "0";

function go(change, { fitMap = "area" in change } = {}) {
  const before = state;
  state = { ...state, household: "", ...change };
  history.pushState(null, "", write(state, HOME, fitMap ? "" : hashOf(view.map)));
  show({ before, fitMap });
}

async function show({ before = null, fitMap }) {
  asked += 1;
  const mine = asked;
  try {
    const same = before && before.area === state.area && before.as_of === state.as_of;
    if (!same || !overview) {
      const found = await json("/api/v1/overview", { area: state.area, as_of: state.as_of });
      if (mine !== asked) return;
      overview = found;
      if (fitMap) fit(view.map, overview.bounds, { animate: fitMap !== "first" });
    }
    await list(0, mine);
    if (mine !== asked) return;
    hush();
  } catch (error) {
    if (mine === asked) say(error, () => show({ fitMap }));
    return;
  }
  render();
  await showHousehold();
}

const narrowed = () => Boolean(state.category || state.min_age || state.status || nowhere());

async function list(offset, mine) {
  const wanted = { ...filters(), area: state.area, located: nowhere() ? "0" : "" };
  const found = await json("/api/v1/cases", { ...wanted, limit: PAGE, offset });
  if (mine !== asked) return;
  rows = offset ? rows.concat(found.rows) : found.rows;
  total = found.total;
  counts = found.counts;
  overdue = counts.overdue - (nowhere() ? counts.located_overdue : 0);
}

function render() {
  const { area, path, totals } = overview;
  const link = (code) => write({ ...state, area: code, household: "" }, HOME);
  const open = (code) => go({ area: code === path[0].code ? "" : code });
  swap(byId("breadcrumb"), breadcrumb(path, link, open));
  document.title = `${t("Cases")} · ${area.name || ""} · gisgrid`;
  const field = byId("as-of");
  field.value = overview.as_of;
  field.max = overview.today;
  byId("day-after").disabled = overview.as_of >= overview.today;
  byId("today").disabled = overview.as_of === overview.today;
  swap(
    byId("figures"),
    headline(totals, narrowed() ? { total, overdue } : null, {
      link: (change) => write({ ...state, household: "", ...change }, HOME),
      go,
    }),
  );
  renderFilters();
  renderRows();
  view.show({ args: filters(), area });
  renderLegend();
  const mine = asked;
  const shown = `${area.code}|${overview.as_of}`;
  bins.draw().then(() => {
    if (mine === asked) document.documentElement.dataset.ready = shown;
  });
}

function renderLegend() {
  byId("legend-body").replaceChildren(
    ...caseLegend({ asOf: overview.as_of, near: Math.round(view.map.getZoom()) >= POINTS_FROM, counts }),
  );
  byId("legend").hidden = false;
}

function renderFilters() {
  const { path, rows: below, child_level: level } = overview;
  const option = (code, text, on) => el("option", { value: code, selected: on }, text);
  byId("area").replaceChildren(
    ...path.map((step, i) => option(i ? step.code : "", `${"\u2003".repeat(i)}${step.name || step.code}`, i === path.length - 1)),
    ...(level === "household" ? [] : below)
      .slice()
      .sort((a, b) => (a.code < b.code ? -1 : 1))
      .map((row) => option(row.code, `${"\u2003".repeat(path.length)}${row.name || row.code} (${number(row.open)})`, false)),
  );
  byId("category").value = state.category;
  byId("min_age").value = state.min_age;
  byId("overdue").checked = state.status === "overdue";
  byId("tab-all").setAttribute("aria-pressed", String(!nowhere()));
  byId("tab-nowhere").setAttribute("aria-pressed", String(nowhere()));
}

function renderRows() {
  swap(
    byId("list-body"),
    rows.map((row) =>
      caseRow(row, state.as_of, {
        household: () => go({ household: row.household }, { fitMap: false }),
        place: () => reveal(view.map, L.latLng(row.lat, row.lon), 16),
      }),
    ),
  );
  byId("list-note").textContent = rows.length
    ? tn("%(n)s case", "%(n)s cases", total, { n: number(total) })
    : nowhere()
      ? t("No open case here is without a location.")
      : narrowed()
        ? t("No open case fits.")
        : t("No case is open here.");
  byId("more").hidden = rows.length >= total;
}

// One household ------------------------------------------------------------------------------------

let ring = null;

async function showHousehold() {
  const wanted = state.household;
  ring?.remove();
  if (!wanted) return shutCard();
  try {
    const found = await json(`/api/v1/households/${encodeURIComponent(wanted)}`, { as_of: state.as_of });
    if (state.household !== wanted) return undefined;
    putCard(found, state.as_of, () => go({ household: "" }, { fitMap: false }));
    if (found.lat !== null && found.lat !== undefined) mark(L.latLng(found.lat, found.lon));
  } catch (error) {
    say(error);
  }
  return undefined;
}

function mark(at) {
  const circle = (color, weight) =>
    L.circleMarker(at, { pane: "shadowPane", radius: 13, color, weight, fill: false, interactive: false });
  ring = L.layerGroup([circle("#ffffff", 6), circle("#16212a", 2.5)]).addTo(view.map);
  reveal(view.map, at, 15);
}

/** A case on the map was clicked: its household's card, or its row where it has no household. */
function openCase(ids) {
  const row = rows.find((item) => ids.includes(item.id));
  if (row?.household) return go({ household: row.household }, { fitMap: false });
  const line = row && document.querySelector(`#list-body tr[data-case="${CSS.escape(row.id)}"]`);
  line?.scrollIntoView({ block: "center" });
  line?.classList.add("is-lit");
  return undefined;
}

// What people do -----------------------------------------------------------------------------------

function setDay(day) {
  if (!isDay(day) || !overview || day === overview.as_of) return;
  const wanted = day > overview.today ? overview.today : day;
  go({ as_of: wanted === overview.today ? "" : wanted }, { fitMap: false });
}

byId("as-of").addEventListener("change", (event) => setDay(event.target.value));
byId("day-before").addEventListener("click", () => overview && setDay(shiftDay(overview.as_of, -7)));
byId("day-after").addEventListener("click", () => overview && setDay(shiftDay(overview.as_of, 7)));
byId("today").addEventListener("click", () => overview && setDay(overview.today));
byId("area").addEventListener("change", (event) => go({ area: event.target.value }));
for (const name of ["category", "min_age"]) {
  byId(name).addEventListener("change", (event) => go({ [name]: event.target.value }));
}
byId("overdue").addEventListener("change", (event) => go({ status: event.target.checked ? "overdue" : "" }));
byId("tab-all").addEventListener("click", () => go({ located: "" }));
byId("tab-nowhere").addEventListener("click", () => go({ located: "0" }));
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("more").addEventListener("click", async () => {
  const before = rows.length;
  try {
    await list(before, asked);
    const held = document.activeElement === byId("more");
    renderRows();
    // The button goes away with the last rows; the focus goes to the first that came.
    if (held && byId("more").hidden) byId("list-body").rows[before]?.querySelector("a")?.focus();
  } catch (error) {
    say(error);
  }
});

keys({
  Escape: () => {
    if (state.household) return go({ household: "" }, { fitMap: false });
    const path = overview?.path ?? [];
    return path.length > 1 ? go({ area: path.length === 2 ? "" : path[path.length - 2].code }) : undefined;
  },
});

search((hit) => {
  if (offMap(hit)) return location.assign(offMap(hit));
  return hit.kind === "household" ? go({ household: hit.code }, { fitMap: false }) : go({ area: hit.code });
});

window.addEventListener("popstate", () => {
  const before = state;
  state = read();
  if (state.at) view.map.setView([state.at.lat, state.at.lon], state.at.zoom, { animate: false });
  show({ before, fitMap: !state.at });
});

const keepView = settled(() => {
  if (!overview) return;
  history.replaceState(null, "", write(state, HOME, hashOf(view.map)));
  bins.draw();
  renderLegend();
}, 200);

async function fillCategories() {
  const { categories } = await json("/api/v1/categories");
  byId("category").append(...categories.map((name) => el("option", { value: name }, name)));
}

const started = Boolean(state.at);
if (started) view.map.setView([state.at.lat, state.at.lon], state.at.zoom, { animate: false });
await fillCategories().catch((error) => say(error));
await show({ fitMap: started ? false : "first" });
if (overview) renderLegend();
view.map.on("moveend", keepView);
