// The panel of the plan page: the grids of the view as a list, one grid's attributes, the steps.
import { byId, el, renew, swap } from "./dom.js";
import { number } from "./format.js";
import { t, tn } from "./i18n.js";
import { noteRows, wordsOf } from "./planfigures.js";

const MOST_ROWS = 250;

const byArea = (a, b) => (a.area ?? "").localeCompare(b.area ?? "") || a.code.localeCompare(b.code);

/** The grids of the draft's area, then their neighbours; each under the name of its village. */
function ordered(rows) {
  const own = rows.filter((row) => row.editable).sort((a, b) => a.code.localeCompare(b.code));
  return [...own, ...rows.filter((row) => !row.editable).sort(byArea)];
}

/** The list: the other way to choose grids. `on`: {toggle(code), light(code)}. */
export function renderList({ grids, chosen, filter }, on) {
  const wanted = filter.trim().toLowerCase();
  const fits = (row) => !wanted || `${row.code} ${row.name ?? ""} ${row.member ?? ""} ${row.area ?? ""}`.toLowerCase().includes(wanted);
  const seen = new Set([...chosen, ...grids.inView()]);
  const rows = ordered([...seen].map((code) => grids.rows.get(code)).filter((row) => row && fits(row)));
  const most = Math.max(1, ...rows.map((row) => row.households ?? 0));
  const all = [...grids.rows.values()];
  document.body.classList.toggle("has-changes", all.some((row) => row.changed)); // for the legend
  document.body.classList.toggle("has-fixed", all.some((row) => !row.editable));
  let heading = "";
  const lines = rows.slice(0, MOST_ROWS).flatMap((row) => {
    const text = row.editable ? (row.area ?? "") : t("Neighbours, not yours to change");
    const head = text === heading ? [] : [el("tr", { "data-key": `before ${row.code}`, class: row.editable ? "plan-group" : "plan-group is-fixed" }, el("th", { colspan: 4, scope: "colgroup" }, text))];
    heading = text;
    return [...head, line(row, chosen.includes(row.code), most, on)];
  });
  renew(byId("grid-list"), lines);
  byId("grid-note").textContent =
    rows.length > MOST_ROWS
      ? t("%(n)s of %(all)s grids shown; go nearer, or look for a code or a name.", { n: number(MOST_ROWS), all: number(rows.length) })
      : tn("%(n)s grid in view", "%(n)s grids in view", rows.length, { n: number(rows.length) });
  byId("grid-none").hidden = rows.length > 0;
  byId("grid-none").textContent = wanted ? t("No grid in view has that code, name or member.") : t("No grid lies in this view.");
}

/** What stands below a grid's name: its code, for a neighbour its village too. */
function under(row) {
  return [row.editable ? "" : row.area, row.name ? row.code : ""].filter(Boolean).join(" · ");
}

function line(row, on, most, { toggle, light }) {
  return el(
    "tr",
    { "data-code": row.code, "data-key": `grid ${row.code}`, class: on ? "is-chosen" : row.editable ? "" : "is-fixed", onmouseenter: () => light(row.code), onmouseleave: () => light("") },
    el(
      "th",
      { scope: "row" },
      el(
        "button",
        {
          type: "button",
          class: "plan-row",
          "aria-pressed": String(on),
          disabled: !row.editable,
          onclick: (event) => toggle(row.code, event.shiftKey),
          onfocus: () => light(row.code),
          onblur: () => light(""),
        },
        el("b", {}, row.name || row.code),
        el("span", {}, under(row), row.changed ? el("i", {}, t("changed")) : ""),
      ),
    ),
    el("td", { class: "number" }, number(row.households)),
    el(
      "td",
      { class: "bar-cell", "aria-hidden": "true" },
      el("span", { class: "bar", vars: { "--part": (row.households ?? 0) / most, "--shade": "#8a6bb0" } }),
    ),
    el("td", { class: "number" }, number(row.visits_due)),
  );
}

const OPS = {
  split: () => t("Split"),
  merge: () => t("Merge"),
  reshape: () => t("Reshape"),
  course: () => t("New course"),
  transfer: () => t("Transfer"),
  assign: () => t("Lasso"),
  grow: () => t("Grow"),
  trim: () => t("Trim"),
  change: () => t("Attributes"),
  renumber: () => t("New code"),
  reverse: () => t("Reversal"),
  repair: () => t("Repair"),
  file: () => t("From a file"),
  undo: () => t("Undo"),
  redo: () => t("Redo"),
};

export const opName = (op) => OPS[op]?.() ?? op;

/** The steps of the draft, the latest first; those that are undone are grey. `go(place)` shows where something is told of. */
export function renderSteps({ edits, step }, go) {
  swap(
    byId("steps"),
    ...edits
      .slice()
      .reverse()
      .map((edit) =>
        el(
          "li",
          { "data-key": edit.step, class: edit.undone || edit.step > step ? "is-undone" : edit.step === step ? "is-now" : "" },
          el("b", {}, `${number(edit.step)} ${opName(edit.op)}`),
          el("span", {}, [edit.summary, ...wordsOf(edit.words)].filter(Boolean).join(" · ")),
          el("i", {}, [edit.by, when(edit.at)].filter(Boolean).join(" · ")),
          edit.notes?.length ? el("ul", { class: "plan-notes" }, noteRows(edit.notes, go)) : "",
        ),
      ),
  );
  byId("steps-none").hidden = edits.length > 0;
}

const clock = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: byId("map")?.dataset.zone, // the programme's, as in all lists
});

export const when = (at) => (at ? clock.format(new Date(at)) : "");
