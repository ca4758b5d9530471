// The list beside the map: areas in their order, or the households of a grid that wait longest.
import { byId, el, swap } from "./dom.js";
import { number } from "./format.js";
import { t, tn } from "./i18n.js";
import { MEASURES } from "./palette.js";
import * as panel from "./panel.js";

let drawn = ""; // the order that stands, so that a move of the map leaves alone what need not change

/** Draw the list of an overview. `gaps`: the households of a grid, null where a role sees none. */
export function renderList({ overview, gaps, measure, asOf, open, ...look }) {
  const household = overview.child_level === "household";
  byId("ranked").classList.toggle("is-households", household);
  byId("list-head").replaceChildren(...head(overview.child_level, measure));
  byId("measures").hidden = household;
  byId("sort").hidden = household;
  byId("list-title").textContent = household ? t("Longest wait first") : "";
  drawn = "";
  if (household) return renderGaps(gaps, asOf, open);
  byId("list-note").textContent = overview.rows.length ? "" : t("Nothing lies below this area.");
  return followMap({ rows: overview.rows, measure, ...look });
}

/** Put the areas that the map shows first; nothing is touched where the order stays. */
export function followMap({ rows, measure, sort, inView, ...look }) {
  const { near, far } = panel.inOrder({ rows, measure, sort, inView });
  const order = JSON.stringify([near, far].map((part) => part.map((row) => row.code)));
  if (order === drawn) return;
  drawn = order;
  swap(byId("list-body"), panel.ranked({ near, far, measure, ...look }));
}

function head(level, measure) {
  const cell = (text, kind = "number") => el("th", { scope: "col", class: kind }, text);
  if (level === "household") return [cell(t("household"), ""), cell(t("status"), ""), cell(t("days"))];
  return [
    cell({ township: t("township"), village: t("village"), grid: t("grid") }[level], ""),
    cell(measure === "share" ? t("in a gap") : MEASURES[measure].short()),
    el("td", {}),
    cell(measure === "open" ? t("gap") : t("open")),
  ];
}

function renderGaps(gaps, asOf, open) {
  swap(byId("list-body"), gaps ? panel.gapRows(gaps, asOf, open) : []);
  byId("list-note").textContent = note(gaps);
}

function note(gaps) {
  if (!gaps) return t("Your role shows no single households.");
  if (!gaps.total) return t("No household here is in a visit gap.");
  return tn("%(n)s household in a visit gap", "%(n)s households in a visit gap", gaps.total, { n: number(gaps.total) });
}
