// The legend on the map: ranges with counts, the symbols, and the date that all of it is true for.
import { el } from "./dom.js";
import { date, number } from "./format.js";
import { t, tn } from "./i18n.js";
import { HATCH, MEASURES, RAMP } from "./palette.js";
import { drawCase, drawHousehold } from "./symbols.js";

const LEVELS = {
  township: (n) => tn("%(n)s township", "%(n)s townships", n, { n: number(n) }),
  village: (n) => tn("%(n)s village", "%(n)s villages", n, { n: number(n) }),
  grid: (n) => tn("%(n)s grid", "%(n)s grids", n, { n: number(n) }),
};

/** A symbol of the map on a small canvas, sharp on dense screens. */
function symbol(draw) {
  const ratio = Math.max(1, window.devicePixelRatio || 1);
  const canvas = el("canvas", { width: 22 * ratio, height: 20 * ratio, "aria-hidden": "true" });
  const ctx = canvas.getContext("2d");
  ctx.scale(ratio, ratio);
  draw(ctx);
  return canvas;
}

const household = (status, days, cases) => (ctx) => drawHousehold(ctx, 10, 11, status, days, cases, 5);
const singleCase = (overdue) => (ctx) => drawCase(ctx, 10, 10, overdue, 5);

const row = (picture, text, count) =>
  el(
    "li",
    {},
    picture,
    el("span", { class: "range" }, text),
    count === undefined ? null : el("span", { class: "count" }, number(count)),
  );

/** Legend of the areas: one row a class, with how many areas are in it. */
export function areaLegend({ measure, classes, level, asOf, total }) {
  if (level === "household") return [];
  return [
    el("h2", {}, MEASURES[measure].title()),
    el("p", {}, LEVELS[level]?.(total) ?? "", ` · ${t("as of %(day)s", { day: date(asOf) })}`),
    el(
      "ul",
      { class: "classes" },
      classes.map(({ shade, range, count }) =>
        row(
          el("span", {
            class: shade < 0 ? "swatch is-hatched" : "swatch",
            vars: { "--shade": shade < 0 ? HATCH.ground : RAMP[shade] },
          }),
          range,
          count,
        ),
      ),
    ),
  ];
}

/** Legend of the household symbols; counts: how many of the area are drawn as each. */
export function householdLegend(asOf, counts) {
  const [short, longer, longest] = counts.overdue;
  const total = counts.on_time + counts.due_soon + short + longer + longest + counts.never;
  return [
    el("h2", {}, t("Households")),
    el(
      "p",
      {},
      tn("%(n)s household with a location", "%(n)s households with a location", total, { n: number(total) }),
      asOf && [el("br"), t("as of %(day)s", { day: date(asOf) })],
    ),
    householdSymbols(counts),
  ];
}

/** What each household symbol means; with how many there are, where `counts` says so. */
export function householdSymbols(counts = { overdue: [] }) {
  const [short, longer, longest] = counts.overdue;
  return el(
    "ul",
    { class: "symbols" },
    row(symbol(household(1, 0, 0)), t("on time"), counts.on_time),
    row(symbol(household(2, 0, 0)), t("due soon"), counts.due_soon),
    row(symbol(household(3, 10, 0)), t("overdue, up to 14 days waiting"), short),
    row(symbol(household(3, 20, 0)), t("overdue, 15 to 28 days"), longer),
    row(symbol(household(3, 40, 0)), t("overdue, longer"), longest),
    row(symbol(household(4, 40, 0)), t("never visited"), counts.never),
    row(symbol(household(1, 0, 1)), t("with an open case"), counts.open_case),
    row(symbol(household(1, 0, 2)), t("with an overdue case"), counts.overdue_case),
  );
}

/** Legend of the case map; far out the cases are counted in rings. counts: of what the filters leave. */
export function caseLegend({ asOf, near, counts }) {
  const { located, located_overdue: overdue } = counts;
  return [
    el("h2", {}, t("Open cases")),
    el(
      "p",
      {},
      tn("%(n)s case with a location", "%(n)s cases with a location", located, { n: number(located) }),
      el("br"),
      t("as of %(day)s", { day: date(asOf) }),
    ),
    near
      ? el(
          "ul",
          { class: "symbols" },
          row(symbol(singleCase(false)), t("open, not overdue"), located - overdue),
          row(symbol(singleCase(true)), t("overdue case"), overdue),
        )
      : el(
          "ul",
          { class: "symbols" },
          row(el("span", { class: "bin-sample", "aria-hidden": "true" }), t("open cases"), located),
          row(el("span", { class: "bin-sample is-overdue", "aria-hidden": "true" }), t("the dark part: overdue"), overdue),
        ),
  ];
}
