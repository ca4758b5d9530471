// One household as a card: its words, its last visits, its cases.
import { byId, el } from "./dom.js";
import { date, number } from "./format.js";
import { t } from "./i18n.js";
import { householdPage } from "./state.js";

export const STATUS = {
  unlisted: () => t("not listed"),
  on_time: () => t("on time"),
  due_soon: () => t("due soon"),
  overdue: () => t("overdue"),
  never: () => t("never visited"),
};

export const OUTCOME = {
  met: () => t("met"),
  no_one_home: () => t("no one home"),
  refused: () => t("refused"),
  phone: () => t("by phone"),
};

export const word = (table, key) => (key in table ? table[key]() : (key ?? ""));

let from = null; // what had the focus before the card was opened

/** Show a household in the place of the panel; its heading gets the focus. */
export function putCard(found, asOf, close) {
  const card = byId("card");
  if (card.hidden) from = document.activeElement?.closest("[data-key]")?.dataset.key;
  card.replaceChildren(...householdCard(found, asOf, close));
  card.hidden = false;
  byId("panel").classList.add("has-card");
  card.querySelector("h2").focus({ preventScroll: true });
  byId("panel").scrollTo({ top: 0 });
}

/** Take the card away; the focus goes back to the row that had opened it. */
export function shutCard() {
  const card = byId("card");
  const inside = card.contains(document.activeElement);
  card.hidden = true;
  card.replaceChildren();
  byId("panel").classList.remove("has-card");
  if (inside && from) document.querySelector(`[data-key="${CSS.escape(from)}"] a`)?.focus();
  from = null;
}

/** One household on the day `asOf` ("" is today): where, since when, visits, cases; all as text. */
function householdCard(found, asOf, close) {
  const place = [...found.area.map((step) => step.name || step.code), found.grid_name].filter(Boolean);
  return [
    el(
      "header",
      { class: "card-head" },
      el("h2", { tabindex: "-1" }, found.name || found.id),
      el("button", { type: "button", class: "icon-button", "aria-label": t("Close"), onclick: close }, "×"),
    ),
    el(
      "p",
      { class: "card-sub" },
      found.name ? `${found.id} · ` : "",
      found.address ? `${found.address} · ` : "",
      place.join(" › "),
    ),
    el(
      "dl",
      { class: "facts boxes" },
      fact(t("Status"), word(STATUS, found.status)),
      fact(t("Last visit"), found.last_visit ? date(found.last_visit) : t("none")),
      fact(t("Due on"), date(found.due_on)),
      fact(t("Days waiting"), number(found.days_waiting)),
    ),
    el("h3", {}, t("Open cases")),
    cases(found.cases.filter((item) => item.status !== "closed")),
    el("h3", {}, t("Last visits")),
    visits(found.visits.slice(0, 6)),
    el(
      "p",
      { class: "card-foot" },
      el("a", { href: householdPage(found.id, asOf), class: "button" }, t("Open the page of this household")),
    ),
  ];
}

const fact = (name, value) => el("div", {}, el("dt", {}, name), el("dd", {}, value));

function cases(list) {
  if (!list.length) return el("p", { class: "none" }, t("No open case."));
  return el(
    "ul",
    { class: "case-list" },
    list.map((item) =>
      el(
        "li",
        { class: item.status === "overdue" ? "is-overdue" : "" },
        el("b", {}, item.title || item.category || item.id),
        el(
          "span",
          {},
          item.title && item.category ? `${item.category} · ` : "",
          t("open since %(day)s", { day: date(item.opened_on) }),
          item.due_on ? ` · ${t("due %(day)s", { day: date(item.due_on) })}` : "",
          item.status === "overdue" ? ` · ${t("overdue")}` : "",
        ),
      ),
    ),
  );
}

function visits(list) {
  if (!list.length) return el("p", { class: "none" }, t("No visit was ever tried."));
  return el(
    "ul",
    { class: "visit-list" },
    list.map((visit) =>
      el(
        "li",
        {},
        el("span", {}, date(visit.visited_on)),
        el("span", {}, word(OUTCOME, visit.outcome)),
        visit.member ? el("span", { class: "quiet" }, visit.member) : null,
      ),
    ),
  );
}
