// The figures and the rows of the case page.
import { el } from "./dom.js";
import { MISSING, date, number } from "./format.js";
import { t, tn } from "./i18n.js";
import { plain } from "./panel.js";
import { householdPage } from "./state.js";

const NO_FILTER = { category: "", min_age: "", status: "", located: "" };

/**
 * Open and overdue cases of the area, and what the filters leave of them.
 *
 * narrowed: {total, overdue} of what fits, null where nothing is filtered. link, go: the address of
 * a change of the state, and the change itself.
 */
export function headline(totals, narrowed, { link, go }) {
  const kind = (count, name) => (count ? `${name} is-case` : `${name} is-none`);
  const step = (change, props, ...children) =>
    el("a", { ...props, href: link(change), onclick: plain(() => go(change)) }, ...children);
  return [
    el(
      "p",
      { class: kind(totals.open_cases, "figure-main") },
      el("b", {}, number(totals.open_cases)),
      el("span", {}, tn("open case", "open cases", totals.open_cases)),
    ),
    el(
      "p",
      { class: "figures-line" },
      step(
        { status: "overdue" },
        { class: kind(totals.overdue_cases, "figure") },
        el("b", {}, number(totals.overdue_cases)),
        ` ${t("overdue")}`,
      ),
    ),
    narrowed &&
      el(
        "p",
        { class: "figures-line filtered" },
        el(
          "span",
          {},
          tn("%(n)s fits the filters", "%(n)s fit the filters", narrowed.total, { n: number(narrowed.total) }),
          " · ",
          t("%(n)s overdue", { n: number(narrowed.overdue) }),
        ),
        step(NO_FILTER, {}, t("Show all")),
      ),
  ].filter(Boolean);
}

const whole = (text) => el("span", { class: "whole" }, text);

/** One case; `household()` opens its household, `place()` goes to its own place on the map. */
export function caseRow(row, asOf, { household, place }) {
  const overdue = row.status === "overdue";
  const title = row.category || row.id;
  const lead = row.household
    ? el("a", { href: householdPage(row.household, asOf), onclick: plain(household) }, title)
    : row.lat === null
      ? title
      : el("a", { href: "#", onclick: plain(place) }, title);
  return el(
    "tr",
    { class: overdue ? "is-overdue" : "", "data-case": row.id, "data-key": row.id },
    el("th", { scope: "row" }, lead, el("span", { class: "sub" }, whole(row.id), " · ", whole(row.household || t("no household")))),
    el("td", {}, row.due_on ? date(row.due_on) : MISSING, overdue ? el("span", { class: "sub is-case" }, t("overdue")) : null),
    el("td", { class: "number" }, number(row.days_open)),
  );
}
