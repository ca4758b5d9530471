// What stands on paper beside a printed map, or in a table's place: counts as they may be shared, and no others.
// It is asked for when somebody prints, so that looking costs nothing; the wait is the printer's.
import { address } from "./api.js";
import { byId, el, swap } from "./dom.js";
import { date, number } from "./format.js";
import { t } from "./i18n.js";

const OF = location.pathname.startsWith("/cases") ? "case-table" : "coverage";
const TITLES = {
  households: () => t("Households"),
  gap: () => t("In a gap"),
  open: () => t("Open cases"),
  overdue: () => t("Overdue"),
};

/** The answer of the server, at once; null where there is none. */
function asked(area, asOf, by) {
  const request = new XMLHttpRequest();
  request.open("GET", address("/api/v1/paper", { of: OF, area, as_of: asOf, by }), false);
  try {
    request.send();
    return request.status === 200 ? JSON.parse(request.responseText) : null;
  } catch {
    return null;
  }
}

const cell = (count) => el("td", { class: "number" }, count === null ? t("hidden") : number(count));

function sheet() {
  // A page without a map says what its table is summed by, and its day; the rows are those it shows.
  const { by, day } = byId("paper").dataset;
  const [area, asOf] = by ? ["", day] : (document.documentElement.dataset.ready ?? "|").split("|");
  if (new URLSearchParams(location.search).get("restate")) {
    return [el("p", {}, t("Figures of a past day on the boundaries of another are not for paper."))];
  }
  const found = asOf ? asked(area, asOf, by) : null;
  if (!found) return [el("p", {}, t("The figures could not be fetched; print again in a moment."))];
  const head = [el("th", { scope: "col" }, t("Area")), ...found.columns.map((name) => el("th", { scope: "col", class: "number" }, TITLES[name]()))];
  const shown = new Set(Array.from(document.querySelectorAll("tr[data-code]"), (row) => row.dataset.code));
  const rows = found.rows.filter((row) => !by || shown.has(row.code)).map((row) =>
    el("tr", { class: row.own ? "own" : "" }, el("th", { scope: "row" }, row.name || row.code), ...found.columns.map((name) => cell(row[name]))),
  );
  return [
    el("p", {}, t("as of %(day)s", { day: date(found.as_of) })),
    el("table", { class: "table" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
    el("p", { class: "quiet" }, t("Small counts are hidden, and with them enough others that no sum tells them.")),
  ];
}

addEventListener("beforeprint", () => swap(byId("paper"), ...sheet()));
