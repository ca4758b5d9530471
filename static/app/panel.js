// The panel of the coverage page: where, when, figures, trend, ranked list.
import { address } from "./api.js";
import { STATUS, word } from "./card.js";
import { el, svg } from "./dom.js";
import { date, number, percent } from "./format.js";
import { t, tn } from "./i18n.js";
import { MEASURES, RAMP, classOf, shadeOf } from "./palette.js";
import { householdPage } from "./state.js";

/** The way down to here; the last step is where one is. `go(code)` opens a step. */
export function breadcrumb(path, link, go) {
  return path.map(({ code, name }, i) => {
    const last = i === path.length - 1;
    const step = last
      ? el("h1", { "aria-current": "page" }, name || code)
      : el("a", { href: link(code), onclick: plain(() => go(code)) }, name || code);
    return el("li", {}, step);
  });
}

/** A click without a modifier key stays on the page; with one the browser opens a new tab. */
export const plain = (work) => (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  work(event);
};

const listOf = (area, asOf, restate) => (status) => address("/households", { area, status, as_of: asOf, restate });
const casesOf = (area, asOf) => (status) => address("/cases", { area, status, as_of: asOf });

/** The figures of an area; each number leads to the list behind it. */
export function figures(totals, area, asOf, restate) {
  const households = listOf(area, asOf, restate);
  const cases = casesOf(area, asOf);
  const line = (...parts) => el("p", { class: "figures-line" }, ...parts);
  const link = (href, value, text, extra = "") =>
    el("a", { href, class: `figure ${extra}` }, el("b", {}, number(value)), ` ${text}`);
  return [
    el(
      "p",
      { class: "figure-main" },
      el("b", {}, percent(totals.coverage)),
      el("span", {}, t("covered")),
    ),
    line(link(households(""), totals.households, tn("household", "households", totals.households))),
    line(
      link(households("gap"), totals.gap, t("in a gap")),
      link(households("never"), totals.never, t("never visited")),
    ),
    line(
      link(cases(""), totals.open_cases, tn("open case", "open cases", totals.open_cases), totals.open_cases ? "is-case" : "is-none"),
      link(cases("overdue"), totals.overdue_cases, t("overdue"), totals.overdue_cases ? "is-case" : "is-none"),
    ),
  ];
}

/** What has no place on the map, with the lists; nothing where there is none. */
export function elsewhere(totals, area, asOf, restate) {
  const households = listOf(area, asOf, restate);
  const found = [
    ["unlocated", t("without a location")],
    ["unassigned", t("in no grid")],
    ["stacked", t("stacked on one point")],
  ].filter(([key]) => totals[key]);
  if (!found.length) return [];
  return [
    el("span", { class: "label" }, t("Not plainly on the map:")),
    ...found.map(([key, text]) =>
      el("a", { href: households(key), class: "figure" }, el("b", {}, number(totals[key])), ` ${text}`),
    ),
  ];
}

const W = 132;
const H = 32;

/** Coverage over the weeks as a line, and the same figures as a table. */
export function trend(weeks) {
  const shares = weeks.map((week) => week.coverage);
  const known = shares.filter((share) => share !== null);
  if (known.length < 2) return [];
  const low = Math.min(...known);
  const high = Math.max(...known);
  const span = Math.max(high - low, 0.02);
  const at = (share, i) => [
    4 + (i * (W - 8)) / (weeks.length - 1),
    H - 5 - ((share - low) / span) * (H - 10),
  ];
  const points = shares.flatMap((share, i) => (share === null ? [] : [at(share, i)]));
  const [x, y] = points[points.length - 1];
  const text = t("Coverage over %(n)s weeks: from %(first)s to %(last)s", {
    n: number(weeks.length),
    first: percent(known[0]),
    last: percent(known[known.length - 1]),
  });
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${W} ${H}`, width: W, height: H, role: "img", "aria-label": text, class: "spark" },
    svg("polyline", { points: points.map((p) => p.map((v) => v.toFixed(1)).join(",")).join(" ") }),
    svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 3 }),
  );
  return [
    el(
      "details",
      { class: "trend" },
      el(
        "summary",
        {},
        picture,
        el("span", {}, tn("%(n)s week", "%(n)s weeks", weeks.length, { n: number(weeks.length) })),
      ),
      el(
        "table",
        { class: "table compact" },
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "col" }, t("as of")),
            el("th", { scope: "col", class: "number" }, t("covered")),
            el("th", { scope: "col", class: "number" }, t("in a gap")),
          ),
        ),
        el(
          "tbody",
          {},
          weeks
            .slice()
            .reverse()
            .map((week) =>
              el(
                "tr",
                {},
                el("th", { scope: "row" }, date(week.as_of)),
                el("td", { class: "number" }, percent(week.coverage)),
                el("td", { class: "number" }, number(week.gap)),
              ),
            ),
        ),
      ),
    ),
  ];
}

/** Orders of the ranked list. */
export const SORTS = {
  worst: {
    title: () => t("worst first"),
    by: (measure) => (a, b) => (measure(b) ?? -1) - (measure(a) ?? -1) || cmp(a.code, b.code),
  },
  name: { title: () => t("by code"), by: () => (a, b) => cmp(a.code, b.code) },
  size: {
    title: () => t("most households"),
    by: () => (a, b) => b.households - a.households || cmp(a.code, b.code),
  },
};

const cmp = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** The areas in the order of the list: those that the map shows now, then those outside it. */
export function inOrder({ rows, measure, sort, inView }) {
  const sorted = rows.slice().sort(SORTS[sort].by(MEASURES[measure].value));
  return { near: sorted.filter((row) => inView(row)), far: sorted.filter((row) => !inView(row)) };
}

/** The rows of areas in their order; those that the map does not show now below a line. */
export function ranked({ near, far, measure, edges, link, go, light }) {
  const { value } = MEASURES[measure];
  const most = Math.max(...[...near, ...far].map((row) => value(row) ?? 0), measure === "share" ? 0.3 : 1);
  const line = (row) => areaRow(row, { measure, most, edges, link, go, light });
  const body = near.map(line);
  if (near.length && far.length) {
    const text = tn("%(n)s outside the map", "%(n)s outside the map", far.length, { n: number(far.length) });
    body.push(el("tr", { class: "divider" }, el("td", { colspan: 4 }, text)));
  }
  body.push(...far.map(line));
  return body;
}

/** A key that is held down opens one row, not also the first of the next list. */
const once = (event) => event.repeat && event.key === "Enter" && event.preventDefault();

function areaRow(row, { measure, most, edges, link, go, light }) {
  const { value, text } = MEASURES[measure];
  const at = value(row);
  const shade = shadeOf(classOf(at, edges), edges);
  const bar = el("span", {
    class: "bar",
    vars: { "--part": at === null ? 0 : Math.min(1, at / most), "--shade": RAMP[Math.max(shade, 2)] },
  });
  const over = row.overdue_cases
    ? t("%(open)s open cases, %(overdue)s overdue", {
        open: number(row.open),
        overdue: number(row.overdue_cases),
      })
    : tn("%(open)s open case", "%(open)s open cases", row.open, { open: number(row.open) });
  const shown = measure === "open" ? number(row.gap) : number(row.open);
  return el(
    "tr",
    {
      "data-code": row.code,
      "data-key": row.code,
      onkeydown: once,
      onclick: (event) => event.target.closest("a") || go(row.code),
      onmouseenter: () => light(row.code),
      onmouseleave: () => light(""),
    },
    el(
      "th",
      { scope: "row" },
      el(
        "a",
        {
          href: link(row.code),
          onclick: plain(() => go(row.code)),
          onfocus: () => light(row.code),
          onblur: () => light(""),
        },
        row.name || row.code,
      ),
    ),
    el("td", { class: "number" }, text(at)),
    el("td", { class: "bar-cell", "aria-hidden": "true" }, bar),
    el(
      "td",
      { class: measure === "open" ? "number" : row.open ? "number is-case" : "number is-none", title: measure === "open" ? null : over },
      shown,
    ),
  );
}

/** Visit gaps of a grid, longest wait first; `open(row)` shows one, `asOf` goes into its link. */
export function gapRows(list, asOf, open) {
  return list.rows.map((row) =>
    el(
      "tr",
      { "data-household": row.household, "data-key": row.household, onkeydown: once, onclick: (event) => event.target.closest("a") || open(row) },
      el(
        "th",
        { scope: "row" },
        el(
          "a",
          { href: householdPage(row.household, asOf), onclick: plain(() => open(row)) },
          row.household,
        ),
      ),
      el("td", {}, word(STATUS, row.status)),
      el("td", { class: "number" }, number(row.days_waiting)),
    ),
  );
}
