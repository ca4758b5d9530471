// Figures before and after: beside the pointer while something moves, in the panel afterwards.
import { byId, el, swap } from "./dom.js";
import { MISSING, number } from "./format.js";
import { language, t, tn } from "./i18n.js";
import { householdPage } from "./state.js";

const locale = language === "en" ? "en-GB" : language;
const square = new Intl.NumberFormat(locale, { minimumSignificantDigits: 3, maximumSignificantDigits: 3 });

/** What is shown of a grid: key -> title and how it is written. */
export const MEASURES = [
  { key: "households", title: () => t("households"), text: number },
  { key: "visits_due", title: () => t("due"), text: number },
  { key: "open", title: () => t("open"), text: number },
  { key: "overdue", title: () => t("overdue"), text: number },
  { key: "area_km2", title: () => "km²", text: (value) => (value === null || value === undefined ? "–" : value > 0 && value < 0.001 ? "< 0.001" : square.format(value)) },
];

function cell({ key, text }, before, after) {
  const now = text((after ?? before)?.[key]);
  const was = before && after && text(before[key]);
  return el(
    "td",
    { class: after ? "number" : "number is-gone" },
    before && after && was !== now ? el("span", { class: "was" }, `${was} → `) : null,
    el("b", {}, now),
  );
}

/** `sides`: the names of two drafts that are held against each other; none where a plan becomes another. */
function mark(before, after, sides) {
  if (before && after) return null;
  if (sides) return el("span", { class: "chip" }, t("only in “%(name)s”", { name: sides[before ? 0 : 1] }));
  return before ? el("span", { class: "chip is-gone" }, t("given up")) : el("span", { class: "chip is-new" }, t("new"));
}

const every = (days) => (days === null ? t("as the programme") : tn("%(n)s day", "%(n)s days", days, { n: number(days) }));

/** What a grid has in words: key -> title and how it is written. */
const WORDS = {
  name: { title: () => t("Name of the grid"), text: (value) => value || MISSING },
  member: { title: () => t("Member"), text: (value) => value || MISSING },
  visit_every_days: { title: () => t("Visit interval"), text: every },
  area_code: { title: () => t("Area"), text: (value) => value || MISSING },
};

/** The words that a step gave a grid, each with its title. */
export const wordsOf = (words = {}) =>
  Object.entries(words).map(([key, value]) => `${WORDS[key].title()}: ${WORDS[key].text(value)}`);

/** Name, member, interval and area of a grid that are not as before. */
function reworded(before, after) {
  if (!before || !after) return null;
  const keys = Object.keys(WORDS).filter((key) => (before[key] ?? null) !== (after[key] ?? null));
  if (!keys.length) return null;
  const rows = keys.map((key) => {
    const { title, text } = WORDS[key];
    const told = (side) => text((key === "area_code" ? (side.area ?? side.area_code) : side[key]) ?? null);
    return [el("dt", {}, title()), el("dd", {}, el("span", { class: "was" }, `${told(before)} → `), el("b", {}, told(after)))];
  });
  return el("tr", { class: "plan-reworded" }, el("td", { colspan: MEASURES.length }, el("dl", {}, rows)));
}

/** One grid: its name over its figures, so that neither has to be cut. */
function body({ code, name, before, after }, go, sides) {
  return el(
    "tbody",
    { "data-code": code, "data-key": code },
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "rowgroup", colspan: MEASURES.length },
        el("button", { type: "button", class: "link", onclick: () => go(code) }, name || code),
        el("span", { class: "quiet" }, [name ? code : "", places(before, after)].filter(Boolean).join(" · ")),
        mark(before, after, sides),
      ),
    ),
    reworded(before, after),
    el("tr", {}, MEASURES.map((measure) => cell(measure, before, after))),
  );
}

/** The village that a grid is of, before and after. */
const places = (before, after) => [...new Set([before, after].map((side) => side?.area).filter(Boolean))].join(" → ");

/** Table of touched grids: [{code, name, before|null, after|null}]; `go(code)` shows one; `sides` as in `mark`. */
export function table(grids, go, sides = null) {
  return el(
    "table",
    { class: "table plan-figures" },
    el("caption", sides ? { class: "plan-sides" } : { class: "visually-hidden" }, sides ? t("“%(one)s” → “%(other)s”", { one: sides[0], other: sides[1] }) : t("Figures of the touched grids, before and after")),
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        ...MEASURES.map(({ title }) => el("th", { scope: "col", class: "number" }, title())),
      ),
    ),
    grids.map((grid) => body(grid, go, sides)),
  );
}

/** A grid's name, with its village where the grids beside it are of several. rows: [{code, name, area}]. */
export function nameAmong(code, rows) {
  const { name, area } = rows.find((row) => row.code === code) ?? {};
  const several = new Set(rows.map((row) => row.area)).size > 1;
  return [several && area, name || code].filter(Boolean).join(" ");
}

/** A grid as people know it, with its code where that is not its name. */
export const nameAndCode = (name, code) => (name && name !== code ? `${name} ${code}` : code);

/** Ground in km², to a tenth of a hectare. */
export const ground = (km2) => `${km2 > 0 && km2 < 0.001 ? "< 0.001" : km2.toFixed(3)} km²`;

/** One sentence on who changes hands. */
export function hands(impact) {
  const households = impact.households?.count ?? 0;
  const cases = impact.cases?.count ?? 0;
  if (!households && !cases) return t("No household changes hands.");
  return [
    tn("%(n)s household changes hands", "%(n)s households change hands", households, { n: number(households) }),
    ...(households ? whose(impact.households) : []),
    cases ? tn("%(n)s open case goes along", "%(n)s open cases go along", cases, { n: number(cases) }) : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Whether those who change hands get another member, whether their area is another one, how many fall out. */
function whose({ count, to_other_member: member, to_other_area: area, to_none: none = 0 }) {
  if (member === undefined) return [];
  const stay = count > none ? t("their member stays the same") : "";
  return [
    member ? tn("%(n)s gets another member", "%(n)s get another member", member, { n: number(member) }) : stay,
    area ? tn("%(n)s comes to another area", "%(n)s come to another area", area, { n: number(area) }) : "",
    none ? tn("%(n)s falls out of the plan", "%(n)s fall out of the plan", none, { n: number(none) }) : "",
  ];
}

const OUT_MOST = 12;

/** Households that would lie outside, each by its number. */
function named(out) {
  const links = out.slice(0, OUT_MOST).map(({ id }) => [el("a", { href: householdPage(id) }, id), " "]);
  const rest = out.length - OUT_MOST;
  return el("span", { class: "plan-out" }, links, rest > 0 ? tn("and %(n)s more", "and %(n)s more", rest, { n: number(rest) }) : "");
}

/** What is told of an edit that was made, one line each; `go(place)` shows where. `out`: households that fall out. */
export function noteRows(notes, go, out = []) {
  return notes.map(({ what, sentence, size, unit, place }) =>
    el(
      "li",
      {},
      el("span", {}, measured(sentence, size, unit)),
      what === "households_out" && out.length ? named(out) : null,
      place ? el("button", { type: "button", class: "link", onclick: () => go(place) }, t("Show where")) : null,
    ),
  );
}

const UNITS = {
  m: (n) => t("%(n)s m", { n: number(n) }),
  m2: (n) => t("%(n)s m²", { n: number(n) }),
  households: (n) => tn("%(n)s household", "%(n)s households", n, { n: number(n) }),
  cases: (n) => tn("%(n)s open case", "%(n)s open cases", n, { n: number(n) }),
};

/** A sentence with how much, where it does not say so itself. */
export function measured(sentence, size, unit) {
  if (!(unit in UNITS) || size === null || size === undefined || /\d/.test(sentence)) return sentence;
  return `${sentence.replace(/[.。]$/, "")} (${UNITS[unit](size)})`;
}

const HAIR = 1e-5; // km²: a corner more on a slanted edge moves less

/** Whether a grid is another one after a step, and not the same with a corner more on its edge. */
export function differs({ before, after }) {
  if (!before || !after || before.member !== after.member) return true;
  return MEASURES.some(({ key }) => Math.abs((before[key] ?? 0) - (after[key] ?? 0)) > (key === "area_km2" ? HAIR : 0));
}

/** What a step did, and what is to be told of it; until the next step. `go`: {grid(code), place(at)}. */
export function showEffect({ impact, notes = [] }, go) {
  byId("figures-title").textContent = t("Effect of the last step");
  show(impact, notes, go);
}

/** What the whole draft does as it stands, from a comparison. */
export function showDraft(impact, go) {
  byId("figures-title").textContent = t("The draft as it stands");
  show(impact, [], go);
  if (impact.grids.length) return;
  byId("figures").hidden = false;
  byId("figures-hands").textContent = t("The draft changes nothing.");
}

function show(impact, notes, go) {
  const all = impact?.grids ?? [];
  const rows = all.some(differs) ? all.filter(differs) : all;
  const beside = all.length - rows.length;
  byId("figures").hidden = !rows.length && !notes.length;
  byId("figures-hands").textContent = rows.length ? hands(impact) : "";
  const out = (impact?.households?.moved ?? []).filter(({ to }) => !to);
  byId("figures-notes").replaceChildren(...noteRows(notes, go.place, out));
  swap(
    byId("figures-table"),
    rows.length ? table(rows, go.grid) : "",
    beside ? el("p", { class: "quiet" }, tn("%(n)s neighbour stays as it is but for a corner on its edge.", "%(n)s neighbours stay as they are but for a corner on their edge.", beside, { n: number(beside) })) : "",
  );
}

const MOST = 4;

/** Figures at a point of the map: rows of an impact, or the sentences of faults. */
export function tip(map, point, { impact, sentences = [] }) {
  const box = byId("tip");
  const rows = impact?.grids ?? [];
  box.classList.toggle("is-fault", sentences.length > 0);
  box.replaceChildren(
    ...sentences.slice(0, 2).map((text) => el("b", {}, text)),
    ...rows.slice(0, MOST).map(({ name, code, before, after }) =>
      el(
        "span",
        { class: "plan-tip-row" },
        el("i", {}, name || code),
        el("b", {}, before ? number(before.households) : "–", " → ", after ? number(after.households) : "–"),
        el("i", {}, t("due")),
        el("b", {}, before ? number(before.visits_due) : "–", " → ", after ? number(after.visits_due) : "–"),
      ),
    ),
    rows.length > MOST ? el("span", {}, t("and %(n)s more", { n: number(rows.length - MOST) })) : "",
  );
  box.hidden = !sentences.length && !rows.length;
  const size = map.getSize();
  const x = Math.min(point.x + 20, size.x - box.offsetWidth - 8);
  const y = Math.min(point.y + 20, size.y - box.offsetHeight - 8);
  box.style.transform = `translate(${Math.round(Math.max(8, x))}px, ${Math.round(Math.max(8, y))}px)`;
}

export function hideTip() {
  byId("tip").hidden = true;
}
