// The coverage page: the address says what is shown; everything else follows from it.
import { hush, json, say } from "./api.js";
import { followMap, renderList } from "./arealist.js";
import { putCard, shutCard } from "./card.js";
import { byId, settled, swap } from "./dom.js";
import { isDay, shiftDay } from "./format.js";
import { t } from "./i18n.js";
import { keys } from "./keyboard.js";
import { areaLegend, householdLegend } from "./legend.js";
import { CoverageMap, POINTS_FROM, fit, reveal } from "./map.js";
import { MEASURES, classOf, classes, shadeOf } from "./palette.js";
import * as panel from "./panel.js";
import { renderRestate } from "./restate.js";
import { offMap, search } from "./search.js";
import { sheet } from "./sheet.js";
import { hashOf, read, write } from "./state.js";
import { showTip } from "./tip.js";

const HOME = "/";
const MAY_SEE_HOUSEHOLDS = byId("map").dataset.households !== "no";

let state = read();
let overview = null;
let gaps = null; // the households of a grid, beside its overview
let moving = false; // the map is on its way to the area that was opened
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

/** Fetch all that the panel shows; the old picture stays until the new one is here. */
async function load(fitMap) {
  asked += 1;
  const mine = asked;
  try {
    const found = await json("/api/v1/overview", asking());
    const list = found.child_level === "household" && MAY_SEE_HOUSEHOLDS ? await json("/api/v1/gaps", { ...asking(), limit: 100 }) : null;
    if (mine !== asked) return false;
    overview = found;
    gaps = list;
    hush();
  } catch (error) {
    if (mine === asked) say(error, () => show({ fitMap }));
    return false;
  }
  if (fitMap) {
    moving = Boolean(overview.bounds);
    fit(view.map, overview.bounds, { animate: fitMap !== "first" });
  }
  return true;
}

function render() {
  const { rows, totals, area, as_of: asOf } = overview;
  const code = state.area ? area.code : "";
  const named = measure();
  const found = classes(named, rows);
  const step = (to) => go({ area: to === overview.path[0].code ? "" : to, household: "" });
  swap(byId("breadcrumb"), panel.breadcrumb(overview.path, link, step));
  document.title = `${area.name || t("Coverage")} · gisgrid`;
  renderDay();
  swap(byId("figures"), panel.figures(totals, code, state.as_of, state.restate));
  swap(byId("trend"), panel.trend(overview.trend));
  swap(byId("elsewhere"), panel.elsewhere(totals, code, state.as_of, state.restate));
  renderMeasures();
  renderList({ overview, gaps, asOf: state.as_of, open: openGap, ...look(found.edges) });
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
    ...(near ? householdLegend(areas.length ? "" : overview.as_of, overview.symbols) : []).filter(Boolean),
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

/** Whether the map shows an area; while it moves to what was opened, all that lies in there. */
function inView(row) {
  if (!row.bounds || moving) return true;
  const [west, south, east, north] = row.bounds;
  return view.map.getBounds().intersects([
    [south, west],
    [north, east],
  ]);
}

/** How the list of areas is drawn now. */
const look = (edges) => ({
  measure: measure(),
  sort: sort(),
  edges,
  inView,
  link,
  go: (code) => go({ area: code, household: "" }),
  light: (code) => view.light(code),
});

const openGap = (row) =>
  go({ household: row.household }, { fitMap: false, latlng: row.lat === null ? null : L.latLng(row.lat, row.lon) });

// One household ------------------------------------------------------------------------------------

let ring = null;

async function showHousehold(latlng) {
  const wanted = state.household;
  ring?.remove();
  ring = null;
  if (!wanted) return shutCard();
  try {
    const found = await json(`/api/v1/households/${encodeURIComponent(wanted)}`, { as_of: state.as_of });
    if (state.household !== wanted) return undefined;
    putCard(found, state.as_of, () => go({ household: "" }, { fitMap: false }));
    const at = found.lat === null || found.lat === undefined ? latlng : L.latLng(found.lat, found.lon);
    if (at) mark(at, latlng);
  } catch (error) {
    say(error);
  }
  return undefined;
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
  const codes = (overview?.path ?? []).map(({ code }, i) => (i ? code : ""));
  const drawn = codes.at(-1);
  // Before what was opened is drawn, Escape takes it back.
  if (overview && state.area !== drawn && state.area !== overview.area.code) return go({ area: drawn, household: "" });
  return codes.length > 1 ? go({ area: codes.at(-2), household: "" }) : undefined;
}

keys({ Escape: up });

search((hit) => {
  if (offMap(hit)) return location.assign(offMap(hit));
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
  moving = false;
  if (overview.child_level !== "household") followMap({ rows: overview.rows, ...look(classes(measure(), overview.rows).edges) });
  renderLegend();
}, 250);

const started = Boolean(state.at);
if (started) view.map.setView([state.at.lat, state.at.lon], state.at.zoom, { animate: false });
await show({ fitMap: started ? false : "first" });
if (overview) renderLegend(); // a household that is asked for has moved the map, perhaps at once
view.map.on("moveend", keepView);
