// The coverage page: the address says what is shown; everything else follows from it.
import { hush, json, say } from "./api.js";
import { householdCard } from "./card.js";
import { byId, el, settled } from "./dom.js";
import { isDay, number, shiftDay } from "./format.js";
import { t, tn } from "./i18n.js";
import { keys } from "./keyboard.js";
import { areaLegend, householdLegend } from "./legend.js";
import { CoverageMap, POINTS_FROM, fit, reveal } from "./map.js";
import { MEASURES, classOf, classes, shadeOf } from "./palette.js";
import * as panel from "./panel.js";
import { renderRestate } from "./restate.js";
import { search } from "./search.js";
import { sheet } from "./sheet.js";
import { hashOf, read, write } from "./state.js";
import { showTip } from "./tip.js";

const HOME = "/";
const MAY_SEE_HOUSEHOLDS = byId("map").dataset.households !== "no";

let state = read();
let overview = null;
let asked = 0;

const measure = () => (state.show in MEASURES ? state.show : "share");
const sort = () => (state.sort in panel.SORTS ? state.sort : "worst");
const link = (area) => write({ ...state, area, household: "" }, HOME);

sheet();
const view = new CoverageMap({
  hover(code, point) {
    view.light(code);
    showTip(view.map, overview?.rows.find((row) => row.code === code), point);
  },
  area: (code) => go({ area: code, household: "" }),
  household: (id, latlng) => go({ household: id }, { fitMap: false, latlng }),
});

/** Change the state, keep the change in the address, show it. */
function go(change, { fitMap = "area" in change, latlng = null } = {}) {
  const before = state;
  state = { ...state, ...change };
  history.pushState(null, "", write(state, HOME, fitMap ? "" : hashOf(view.map)));
  show({ before, fitMap, latlng });
}

const asking = () => ({ area: state.area, as_of: state.as_of, restate: state.restate });

async function show({ before = null, fitMap, latlng = null }) {
  const same = before && ["area", "as_of", "restate"].every((name) => before[name] === state[name]);
  if (!same && !(await load(fitMap))) return;
  render();
  await showHousehold(latlng);
}

/** Fetch the overview; the old picture stays until the new one is here. */
async function load(fitMap) {
  asked += 1;
  const mine = asked;
  try {
    const found = await json("/api/v1/overview", asking());
    if (mine !== asked) return false;
    overview = found;
    hush();
  } catch (error) {
    if (mine === asked) say(error, () => show({ fitMap }));
    return false;
  }
  if (fitMap) fit(view.map, overview.bounds, { animate: fitMap !== "first" });
  return true;
}

function render() {
  const { rows, totals, area, as_of: asOf } = overview;
  const code = state.area ? area.code : "";
  const named = measure();
  const found = classes(named, rows);
  byId("breadcrumb").replaceChildren(...panel.breadcrumb(overview.path, link, (c) => go({ area: c === overview.path[0].code ? "" : c, household: "" })));
  document.title = `${area.name || t("Coverage")} · gisgrid`;
  renderDay();
  byId("figures").replaceChildren(...panel.figures(totals, code, state.as_of, state.restate));
  byId("trend").replaceChildren(...panel.trend(overview.trend));
  byId("elsewhere").replaceChildren(...panel.elsewhere(totals, code, state.as_of, state.restate));
  renderMeasures();
  renderList(found.edges);
  view.show({
    overview,
    asOf: state.as_of,
    restate: state.restate,
    households: MAY_SEE_HOUSEHOLDS,
    classes: new Map(rows.map((row) => [row.code, shadeOf(classOf(MEASURES[named].value(row), found.edges), found.edges)])),
    figures: new Map(
      rows
        .filter((row) => MEASURES[named].value(row) !== null)
        .map((row) => [row.code, MEASURES[named].text(MEASURES[named].value(row))]),
    ),
  });
  renderLegend();
  document.documentElement.dataset.ready = `${area.code}|${asOf}`;
}

function renderLegend() {
  const found = classes(measure(), overview.rows);
  const near = Math.round(view.map.getZoom()) >= POINTS_FROM && MAY_SEE_HOUSEHOLDS;
  const areas = areaLegend({
    measure: measure(),
    classes: found.rows,
    level: overview.child_level,
    asOf: overview.as_of,
    total: overview.rows.length,
  });
  byId("legend-body").replaceChildren(
    ...areas,
    ...(near ? householdLegend(areas.length ? "" : overview.as_of) : []).filter(Boolean),
  );
  byId("legend").hidden = !areas.length && !near;
}

function renderDay() {
  const field = byId("as-of");
  field.value = overview.as_of;
  field.max = overview.today;
  byId("day-after").disabled = overview.as_of >= overview.today;
  byId("today").disabled = overview.as_of === overview.today;
  renderRestate(overview);
}

function renderMeasures() {
  for (const input of document.querySelectorAll("input[name=show]")) {
    input.checked = input.value === measure();
  }
  byId("sort").value = sort();
}

function inView(row) {
  if (!row.bounds) return true;
  const [west, south, east, north] = row.bounds;
  return view.map.getBounds().intersects([
    [south, west],
    [north, east],
  ]);
}

async function renderList(edges) {
  const household = overview.child_level === "household";
  byId("ranked").classList.toggle("is-households", household);
  byId("list-head").replaceChildren(...listHead(household));
  byId("measures").hidden = household;
  byId("sort").hidden = household;
  byId("list-title").textContent = household ? t("Longest wait first") : "";
  if (!household) {
    const rows = panel.ranked({
      rows: overview.rows,
      measure: measure(),
      sort: sort(),
      edges,
      inView,
      link,
      go: (code) => go({ area: code, household: "" }),
      light: (code) => view.light(code),
    });
    byId("list-body").replaceChildren(...rows);
    byId("list-note").textContent = overview.rows.length ? "" : t("Nothing lies below this area.");
    return;
  }
  await renderGaps();
}

function listHead(household) {
  const cell = (text, kind = "number") => el("th", { scope: "col", class: kind }, text);
  if (household) return [cell(t("household"), ""), cell(t("status"), ""), cell(t("days"))];
  const second = measure() === "open" ? t("gap") : t("open");
  return [
    cell({ township: t("township"), village: t("village"), grid: t("grid") }[overview.child_level], ""),
    cell(measure() === "share" ? t("in a gap") : MEASURES[measure()].short()),
    el("td", {}),
    cell(second),
  ];
}

async function renderGaps() {
  const mine = asked;
  if (!MAY_SEE_HOUSEHOLDS) {
    byId("list-body").replaceChildren();
    byId("list-note").textContent = t("Your role shows no single households.");
    return;
  }
  try {
    const list = await json("/api/v1/gaps", { ...asking(), limit: 100 });
    if (mine !== asked) return;
    const open = (row) =>
      go({ household: row.household }, { fitMap: false, latlng: row.lat === null ? null : L.latLng(row.lat, row.lon) });
    byId("list-body").replaceChildren(...panel.gapRows(list, state.as_of, open));
    byId("list-note").textContent = list.total
      ? tn("%(n)s household in a visit gap", "%(n)s households in a visit gap", list.total, { n: number(list.total) })
      : t("No household here is in a visit gap.");
  } catch (error) {
    say(error, () => renderGaps());
  }
}

// One household ------------------------------------------------------------------------------------

let ring = null;

async function showHousehold(latlng) {
  const card = byId("card");
  const wanted = state.household;
  ring?.remove();
  ring = null;
  if (!wanted) {
    card.hidden = true;
    card.replaceChildren();
    byId("panel").classList.remove("has-card");
    return;
  }
  try {
    const found = await json(`/api/v1/households/${encodeURIComponent(wanted)}`, { as_of: state.as_of });
    if (state.household !== wanted) return;
    card.replaceChildren(...householdCard(found, state.as_of, () => go({ household: "" }, { fitMap: false })));
    card.hidden = false;
    byId("panel").classList.add("has-card");
    card.querySelector("h2").focus({ preventScroll: true });
    byId("panel").scrollTo({ top: 0 });
    const at = found.lat === null || found.lat === undefined ? latlng : L.latLng(found.lat, found.lon);
    if (at) mark(at, latlng);
  } catch (error) {
    say(error);
  }
}

function mark(at, clicked) {
  const circle = (color, weight) =>
    L.circleMarker(at, { pane: "shadowPane", radius: 12, color, weight, fill: false, interactive: false });
  ring = L.layerGroup([circle("#ffffff", 6), circle("#16212a", 2.5)]).addTo(view.map);
  reveal(view.map, at, clicked ? view.map.getZoom() : 15);
}

// What people do -----------------------------------------------------------------------------------

function setDay(day) {
  if (!isDay(day) || day === overview?.as_of) return;
  const last = overview?.today ?? day;
  const wanted = day > last ? last : day;
  go({ as_of: wanted === last ? "" : wanted, ...(wanted === last && { restate: "" }) }, { fitMap: false });
}

byId("as-of").addEventListener("change", (event) => setDay(event.target.value));
byId("day-before").addEventListener("click", () => overview && setDay(shiftDay(overview.as_of, -7)));
byId("day-after").addEventListener("click", () => overview && setDay(shiftDay(overview.as_of, 7)));
byId("today").addEventListener("click", () => overview && setDay(overview.today));
for (const input of document.querySelectorAll("input[name=show]")) {
  input.addEventListener("change", () => go({ show: input.value === "share" ? "" : input.value }, { fitMap: false }));
}
byId("restate").addEventListener("change", (event) => go({ restate: event.target.checked ? "1" : "" }, { fitMap: false }));
byId("sort").addEventListener("change", (event) =>
  go({ sort: event.target.value === "worst" ? "" : event.target.value }, { fitMap: false }),
);

function up() {
  if (state.household) return go({ household: "" }, { fitMap: false });
  const path = overview?.path ?? [];
  if (path.length < 2) return undefined;
  const above = path[path.length - 2].code;
  return go({ area: path.length === 2 ? "" : above, household: "" });
}

keys({ Escape: up });

search((hit) => {
  if (hit.kind !== "household") return go({ area: hit.code, household: "" });
  return go({ household: hit.code }, { fitMap: false });
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
  if (overview.child_level !== "household") renderList(classes(measure(), overview.rows).edges);
  renderLegend();
}, 250);

const started = Boolean(state.at);
if (started) view.map.setView([state.at.lat, state.at.lon], state.at.zoom, { animate: false });
await show({ fitMap: started ? false : "first" });
if (overview) renderLegend(); // a household that is asked for has moved the map, perhaps at once
view.map.on("moveend", keepView);
