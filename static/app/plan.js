// The plan page: binds the editor, the review and the comparison to the page and its keys.
import { Refusal, hush, say } from "./api.js";
import { byId, settled } from "./dom.js";
import { householdSymbols } from "./legend.js";
import { t } from "./i18n.js";
import { centre, fit, openMap } from "./map.js";
import { Draft, Unsent } from "./planapi.js";
import { Compare, fillChoice } from "./plancompare.js";
import { Editor } from "./planeditor.js";
import { planKeys } from "./plankeys.js";
import { LEAST_ZOOM } from "./planview.js";
import { faultsOf, standing, unreached } from "./plansaving.js";
import * as review from "./planreview.js";
import { pressTool } from "./plantools.js";
import { offMap, search } from "./search.js";
import { sheet } from "./sheet.js";
import { hashOf, read } from "./state.js";

const id = byId("map").dataset.draft;
const draft = new Draft(id);
sheet();
byId("legend-households").append(householdSymbols());
const editor = new Editor(draft, new Unsent(id), openMap(), { about: showAbout });
const { map, grids, saving } = editor;
const compare = new Compare(grids, draft);

let seen = -1; // 0 where the draft has changed under a judgement and is to be looked at first

/** Everything beside the map that follows from the draft's name, state and rights. */
function showAbout(about) {
  about.unseen = seen === 0;
  byId("draft-name").textContent = about.name;
  document.title = `${about.name} · gisgrid`;
  byId("draft-state").textContent = review.stateName(about.state);
  byId("draft-state").className = `chip is-${about.state}`;
  document.body.dataset.state = about.state;
  review.renderReview(about, { run, effect, go: (place) => editor.faults.goTo({ place }), grid: (code) => compare.goToGrid(code), look });
  for (const node of document.querySelectorAll("[data-tool]")) {
    const footprint = ["grow", "trim"].includes(node.dataset.tool);
    node.hidden = footprint && !about.rights.footprint;
    node.disabled = node.dataset.tool !== "select" && !editor.editable;
  }
  editor.waiting();
  byId("submit").disabled = !review.able("submit", about);
  document.documentElement.dataset.ready = `${about.id}|${about.version}`;
}

// Review and comparison ------------------------------------------------------------------------------

async function effect() {
  try {
    return await compare.ask("last");
  } catch (error) {
    say(error);
    return null;
  }
}

async function run(verb, body) {
  if (saving.waits) return say(new Error(t("Steps of this draft are not saved yet; that comes first.")));
  let answer;
  try {
    answer = await draft.write(`/${verb}`, body);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 412) return overtaken(verb);
    if (error.code === "plan_moved") {
      await saving.shown();
      error.message = t("Another plan was published meanwhile. Nothing was published here: bring the draft up to date, look at it and publish then.");
    }
    return refused(error, unreached(error) ? () => run(verb, body) : null);
  }
  hush();
  editor.faults.clear();
  if (verb === "publish") return leave(`/plans/revisions/${answer.revision}`);
  if (verb === "discard") return leave("/plans");
  return saving.shown();
}

/** Why a step of the review was refused; what it names is painted, each with the way there. */
function refused(error, again) {
  const found = faultsOf(error);
  if (!found.length) return say(error, again);
  hush();
  return editor.faults.show(error.message, found, { named: true });
}

/** The page goes; until it has gone nothing more can be pressed. */
function leave(path) {
  editor.attributes.typed.clear();
  location.assign(path);
  return new Promise(() => {});
}

/** Somebody was quicker: what happened, and the draft as it is now, to be looked at before it is judged. */
async function overtaken(verb) {
  await saving.shown();
  seen = ["approve", "publish"].includes(verb) ? 0 : seen;
  if (editor.about) showAbout(editor.about);
  say(new Error(`${t("That was not done: the draft has been changed meanwhile.")} ${review.happened(editor.about) || standing(editor.about)}`));
}

/** What changes, as the draft stands now; from then on it may be judged. */
function look() {
  seen = editor.about.version;
  showAbout(editor.about);
  hush();
  return showCompare(true);
}

async function showCompare(on, other = "") {
  byId("compare-part").hidden = !on;
  byId("edit-part").hidden = on;
  byId("compare-tool").setAttribute("aria-pressed", String(on));
  keepAddress();
  editor.use("select");
  if (!on) return compare.hide();
  pressTool("");
  try {
    if (!byId("compare-with").options.length) await fillChoice(byId("compare-with"), editor.about);
    if (other) byId("compare-with").value = other;
    await compare.show(byId("compare-with").value, editor.about);
    const box = compare.bounds();
    if (!comparing()) return undefined; // closed while it was fetched: the map stays where it is
    if (box) compare.go(box);
    hush();
  } catch (error) {
    const text = saving.waits && unreached(error) ? t("The comparison comes as soon as the server is reached again.") : error.message;
    compare.failed(text, () => showCompare(true, other));
  }
  byId("compare-with").parentElement.hidden = !byId("compare-with").options.length;
  return undefined;
}

const comparing = () => !byId("compare-part").hidden;

/** Where the draft moves ground, when it can be seen near enough to work on. */
async function goToChanges() {
  const box = compare.bounds(await compare.ask("last"));
  if (box && map.getBoundsZoom(box) >= LEAST_ZOOM) compare.go(box);
}

// The address: the place on the map, and whether the comparison is open --------------------------------

function keepAddress() {
  history.replaceState(null, "", location.pathname + (comparing() ? "?show=compare" : "") + hashOf(map));
}

// What people do -----------------------------------------------------------------------------------

for (const node of document.querySelectorAll("[data-tool]")) {
  node.addEventListener("click", () => {
    if (comparing()) showCompare(false);
    editor.use(node.dataset.tool);
  });
}
byId("undo").addEventListener("click", () => editor.history("undo"));
byId("redo").addEventListener("click", () => editor.history("redo"));
byId("compare-tool").addEventListener("click", () => showCompare(!comparing()));
byId("compare-close").addEventListener("click", () => showCompare(false));
byId("compare-with").addEventListener("change", (event) => showCompare(true, event.target.value));
byId("submit").addEventListener("click", () => review.start("submit", editor.about, { run, effect }));
byId("grid-filter").addEventListener("input", editor.render);

planKeys({
  undo: () => editor.history("undo"),
  redo: () => editor.history("redo"),
  tool: (name) => {
    if (comparing()) showCompare(false);
    editor.use(name);
  },
  escape: () => (comparing() ? showCompare(false) : editor.escape()),
  enter: () => editor.enter(),
  arrow: (dx, dy) => editor.arrow(dx, dy),
  put: () => editor.drawing.active && editor.drawing.put(),
  back: () => editor.remove(),
  step: (by) => editor.step(by),
  list: () => byId("grid-filter").focus(),
  compare: () => showCompare(!comparing()),
  search: () => byId("search")?.focus(),
  submit: () => byId("submit").disabled || review.start("submit", editor.about, { run, effect }),
});

map.on("click", (event) => {
  if (comparing() || editor.drawing.active || editor.kept.active || editor.reshape.busy) return;
  if (editor.tool === "reshape" && editor.reshape.tap(event.latlng)) return;
  const code = grids.at(event.latlng);
  if (code) editor.toggle(code, Boolean(event.originalEvent?.shiftKey));
});
map.on(
  "moveend",
  settled(() => {
    keepAddress();
    const load = () => editor.loader.load().then(hush).catch((error) => say(error, load));
    load();
  }, 150),
);
window.addEventListener("hashchange", () => {
  const { at: place } = read();
  if (place) map.setView([place.lat, place.lon], place.zoom, { animate: false });
});
search(async (hit) => {
  if (hit.kind === "household" && hit.lat !== undefined) return map.setView([hit.lat, hit.lon], 17);
  if (hit.kind !== "grid" && !offMap(hit)) return location.assign(hit.kind === "household" ? `/households/${encodeURIComponent(hit.code)}` : `/areas/${encodeURIComponent(hit.code)}`);
  const { body } = await draft.read("/grids", { codes: hit.code });
  if (!body.features.length && offMap(hit)) return location.assign(offMap(hit));
  if (!body.features.length) return say(new Error(t("This draft has no grid with that code.")));
  grids.take(body.features.filter((feature) => !grids.rows.has(feature.properties.code)));
  editor.goTo([hit.code]);
  return editor.toggle(hit.code);
});

// Begin --------------------------------------------------------------------------------------------

const { at, show } = read();
if (at) map.setView([at.lat, at.lon], at.zoom, { animate: false });
try {
  const bounds = byId("map").dataset.bounds?.split(",").map(Number);
  if (!at && bounds) fit(map, bounds, { animate: false });
  // A wide draft opens where its middle can be worked on.
  if (!at && bounds && map.getZoom() < LEAST_ZOOM) {
    const [west, south, east, north] = bounds;
    centre(map, [(south + north) / 2, (west + east) / 2], LEAST_ZOOM + 1);
  }
  await editor.reopen();
  saving.offerUnsent();
  // Who reviews is shown what changes; who goes on, the place where something is changed.
  if (show === "compare" || (!at && editor.about.rights.approve)) await showCompare(true);
  else if (!at && ["open", "approved"].includes(editor.about.state) && editor.about.step) await goToChanges();
} catch (error) {
  say(error, () => location.reload());
}
