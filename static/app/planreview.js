// From draft to plan: submit, approve by another person, publish from a date.
import { byId, el, swap } from "./dom.js";
import { date, isDay, number, shiftDay } from "./format.js";
import { t, tn } from "./i18n.js";
import { choose, paragraph } from "./plandialog.js";
import { ground, hands, noteRows, wordsOf } from "./planfigures.js";
import { opName } from "./planpanel.js";

const CLASHES_MOST = 12;

const STATES = {
  open: () => t("being drawn"),
  submitted: () => t("submitted"),
  approved: () => t("approved"),
  published: () => t("published"),
  discarded: () => t("discarded"),
};

export const stateName = (state) => STATES[state]?.() ?? state;

/** Whether another plan was published since the draft began. */
function behind({ base_revision: base, current_revision: now, state }) {
  return base !== now && state !== "published" && state !== "discarded";
}

/** Why a step that leads on to publishing waits, "" where it may be done. */
export function held(draft) {
  if (behind(draft)) return t("First bring the draft up to date: as it is, it cannot be published.");
  if (draft.unseen) return t("The draft has changed since you looked at it. Look at what changes now first.");
  return "";
}

/** verb -> when it is offered beside the right to it, what its button says, what is asked first. */
const VERBS = {
  submit: {
    when: (d) => d.step > 0,
    on: true, // leads on to publishing
    text: () => t("Submit for review"),
    kind: "primary",
    ask: () => t("Another person with the right looks at the draft. Until then it cannot be changed."),
    note: () => t("What changes and why, for who reviews it"),
  },
  approve: {
    on: true,
    text: () => t("Approve"),
    kind: "primary",
    ask: () => t("The draft may then be published as it is."),
    note: () => t("Remark"),
  },
  publish: { text: () => t("Publish…"), kind: "primary", on: true },
  return: { text: () => t("Send back"), ask: () => t("The draft is open for changes again."), note: () => t("What should be different") },
  withdraw: { text: () => t("Withdraw"), ask: () => t("The draft is open for changes again.") },
  rebase: {
    when: behind,
    kind: "primary",
    text: () => t("Bring up to date"),
    ask: () => t("Your steps are done again on the last published plan. Steps that no longer hold are named."),
  },
  discard: {
    text: () => t("Discard the draft"),
    kind: "danger",
    ask: () => t("Nothing of this draft comes into force. It stays in the history."),
  },
};

const WAITING = {
  open: (d) => (d.step ? "" : t("Nothing is changed yet.")),
  submitted: (d) => (d.rights.approve ? t("Look at what changes, then approve it or send it back.") : t("It waits for another person with the right to approve.")),
  approved: (d) => (d.rights.publish ? "" : t("It waits for a planner who publishes it.")),
  published: () => t("This draft has become the plan; its revision keeps the certificate."),
  discarded: () => t("This draft was discarded."),
};

/** The draft does not build on the last plan: on which, which grids both changed, and what helps. */
function late(draft, grid) {
  const { clashes = [], base_revision: base, current_revision: now } = draft;
  const links = clashes.slice(0, CLASHES_MOST).map((code) => [" ", el("button", { type: "button", class: "link", onclick: () => grid(code) }, code)]);
  const more = clashes.length - CLASHES_MOST;
  return el(
    "div",
    { class: "notice" },
    el("p", {}, t("The last published plan is revision %(now)s; this draft began on revision %(base)s.", { now: number(now), base: number(base) })),
    clashes.length ? el("p", {}, t("Both changed these grids:"), links, more > 0 ? ` ${t("and %(n)s more", { n: number(more) })}` : "") : el("p", {}, t("They changed no grid in common.")),
    draft.rights.rebase ? "" : el("p", {}, t("A planner brings it up to date.")),
  );
}

/** The buttons of the review; those that lead on to publishing are off where that would be in vain. */
function buttons(draft, { run, effect, look }) {
  const names = Object.keys(VERBS).filter((name) => offered(name, draft));
  if (behind(draft)) names.sort((a, b) => (b === "rebase") - (a === "rebase"));
  const why = names.some((name) => VERBS[name].on) ? held(draft) : "";
  const one = (name) => {
    const { kind = "", text, on } = VERBS[name];
    const off = Boolean(on && why);
    return el("button", { type: "button", class: `button ${off ? "" : kind}`, "data-key": name, "data-verb": name, disabled: off, "aria-describedby": off ? "held" : null, onclick: () => start(name, draft, { run, effect }) }, text());
  };
  return [
    why ? el("p", { id: "held", class: "plan-held" }, why, " ", draft.unseen && !behind(draft) ? el("button", { type: "button", class: "link", onclick: look }, t("Show what changes")) : "") : "",
    el("div", { class: "plan-review-buttons" }, names.map(one)),
  ];
}

/** The part of the panel on review; `run(verb, body)` does it, `effect()` gives the comparison, `go(place)` and `grid(code)` show where. */
export function renderReview(draft, { run, effect, go, grid, look }) {
  swap(
    byId("review"),
    el("p", {}, el("span", { class: `chip is-${draft.state}` }, stateName(draft.state)), draft.author ? ` ${t("drawn by %(name)s", { name: draft.author })}` : ""),
    draft.approved_by ? el("p", {}, t("Approved by %(name)s", { name: draft.approved_by })) : "",
    behind(draft) ? late(draft, grid) : "",
    leftOut(draft.left_out ?? [], go),
    remarks(draft),
    across(draft.across_areas ?? []),
    beside(draft, go),
    el("p", { class: "quiet" }, behind(draft) ? "" : (WAITING[draft.state]?.(draft) ?? "")),
    draft.state === "published" && draft.revision
      ? el("p", {}, el("a", { class: "button", href: `/plans/revisions/${draft.revision}` }, t("Revision %(n)s: certificate and handover lists", { n: number(draft.revision) })))
      : "",
    ...buttons(draft, { run, effect, look }),
  );
}

/** One step that was not done again: which, why, and where to look. */
function lost({ step, op, faults = [], place: made = null }, go) {
  const [{ sentence = "", codes = [], place = made } = {}] = faults;
  const grids = codes.length ? ` (${codes.join(", ")})` : "";
  return el(
    "li",
    {},
    // What the sentence says behind the semicolon is advice for who is drawing.
    `${number(step)} ${opName(op)}: ${sentence.split(/[;；]/)[0].replace(/[.。]$/, "")}${grids} `,
    (place ?? made) ? el("button", { type: "button", class: "link", onclick: () => go(place ?? made) }, t("Show where")) : "",
  );
}

/** Steps that a rebase could not do again, with the reason. */
function leftOut(steps, go) {
  if (!steps.length) return "";
  return el(
    "div",
    { class: "notice error" },
    el("p", {}, t("Steps that no longer hold on the last published plan:")),
    el("ul", { class: "plan-left-out" }, steps.map((step) => lost(step, go))),
    el("p", {}, t("Look at each place: what is still wanted there is drawn anew.")),
  );
}

const EVENTS = {
  submit: (said) => t("%(name)s has submitted it anew.", said),
  withdraw: (said) => t("%(name)s has withdrawn it.", said),
  return: (said) => t("%(name)s has sent it back.", said),
  approve: (said) => t("%(name)s has approved it.", said),
  rebase: (said) => t("%(name)s has brought it up to date.", said),
  publish: (said) => t("%(name)s has published it.", said),
  discard: (said) => t("%(name)s has discarded it.", said),
};

/** What happened to a draft last, where that was a step of the review; "" where it was an edit. */
export function happened({ log = [] }) {
  const { what, by: name } = log.at(-1) ?? {};
  return EVENTS[what]?.({ name: name ?? "" }) ?? "";
}

const REMARKS = {
  return: (said) => t("Sent back by %(name)s: %(note)s", said),
  submit: (said) => t("Submitted by %(name)s: %(note)s", said),
  approve: (said) => t("Approved by %(name)s: %(note)s", said),
};
/** state -> of which steps the remark is shown then: the last of each. */
const SHOWN = { open: ["return"], submitted: ["submit"], approved: ["submit", "approve"], published: ["submit", "approve"] };

/** What was said when the draft was handed on. */
function remarks({ state, log = [] }) {
  return (SHOWN[state] ?? []).map((what) => {
    const { by: name, note } = log.filter((event) => event.what === what).pop() ?? {};
    return note ? el("p", { class: what === "return" ? "notice" : "plan-remark" }, REMARKS[what]({ name, note })) : "";
  });
}

/** Grids that hold ground of another area by now: who is answerable for it changes too. */
function across(grids) {
  if (!grids.length) return "";
  return el("p", { class: "quiet" }, t("Grids with ground of other areas: %(codes)s", { codes: grids.map(({ code }) => code).join(", ") }));
}

/** What the steps did beside what was asked, for who reviews them. */
function beside({ state, step, edits = [] }, go) {
  const told = state === "open" || state === "discarded" ? [] : edits.filter((edit) => edit.step <= step && edit.notes?.length);
  if (!told.length) return "";
  const rows = told.map((edit) => [el("li", { class: "plan-notes-step" }, `${number(edit.step)} ${opName(edit.op)} · ${[edit.summary, ...wordsOf(edit.words)].filter(Boolean).join(" · ")}`), noteRows(edit.notes, go)]);
  return el("details", { class: "plan-beside", open: state === "submitted" }, el("summary", {}, t("What the steps did beside what was asked")), el("ul", { class: "plan-notes" }, rows));
}

/** Whether a verb is offered now, for the tool bar and the keys. */
export const offered = (name, draft) => Boolean(draft.rights[name]) && (VERBS[name].when?.(draft) ?? true);

/** Whether it can be done as things stand. */
export const able = (name, draft) => offered(name, draft) && !(VERBS[name].on && held(draft));

export async function start(name, draft, { run, effect }) {
  if (name === "publish") return publish(draft, { run, effect });
  const verb = VERBS[name];
  const note = el("input", { type: "text", name: "note", maxlength: 500, autocomplete: "off", autofocus: true });
  return choose({
    title: verb.text(),
    body: [paragraph(verb.ask()), verb.note ? el("label", { class: "field" }, el("span", {}, verb.note()), note) : ""],
    choices: [
      [name, verb.text(), verb.kind ?? "primary"],
      ["", t("Cancel"), "quiet"],
    ],
    work: () => run(name, verb.note && note.value.trim() ? { note: note.value.trim() } : {}),
  });
}

/** Who gets and who gives up households, in words: member -> count. */
function members(grids) {
  const sums = new Map();
  for (const { before, after } of grids) {
    if (before?.member) sums.set(before.member, (sums.get(before.member) ?? 0) - before.households);
    if (after?.member) sums.set(after.member, (sums.get(after.member) ?? 0) + after.households);
  }
  return [...sums].filter(([, change]) => change).sort((a, b) => b[1] - a[1]);
}

const LEAST_KM2 = 0.0005; // less is the hair by which a corner beside a slanted edge bends it

/** How far the outer border moves; "" where it does not. */
function footprint({ features }) {
  const sum = (side) => features.filter((f) => f.properties[side] === null).reduce((all, f) => all + f.properties.area_km2, 0);
  const [added, lost] = [sum("from"), sum("to")];
  const words = [
    added >= LEAST_KM2 ? t("%(area)s come in", { area: ground(added) }) : "",
    lost >= LEAST_KM2 ? t("%(area)s are given up", { area: ground(lost) }) : "",
  ].filter(Boolean);
  return words.length ? el("p", { class: "notice" }, t("The outer border moves: %(what)s.", { what: words.join(" · ") })) : "";
}

/** Open cases that would be nobody's: to be allowed with a tick; those that are so already are told. */
function unserved({ count = 0, already = 0, cases = [] } = {}) {
  const grids = [...new Set(cases.map((one) => one.to ?? one.from))].join(", ");
  return el(
    "div",
    {},
    count ? el("p", { class: "notice error" }, tn("%(n)s open case would have no member: %(grids)s.", "%(n)s open cases would have no member: %(grids)s.", count, { n: number(count), grids })) : "",
    count ? el("label", { class: "check" }, el("input", { type: "checkbox", name: "allow_unserved", required: true }), el("span", {}, t("They stay without a member for now"))) : "",
    already ? paragraph(tn("%(n)s open case has no member, as before.", "%(n)s open cases have no member, as before.", already, { n: number(already) })) : "",
  );
}

async function publish(draft, { run, effect }) {
  const found = await effect();
  if (!found) return undefined;
  const { today } = byId("map").dataset;
  const day = el("input", { type: "date", name: "valid_from", value: shiftDay(today, 1), min: today, required: true, autofocus: true });
  const note = el("input", { type: "text", name: "note", maxlength: 500, autocomplete: "off" });
  const title = () => t("Publish from %(day)s", { day: isDay(day.value) ? date(day.value) : "…" });
  const changes = members(found.grids);
  const allowed = found.unserved?.count > 0 && { allow_unserved: true };
  const asked = choose({
    title: t("Publish the draft"),
    body: [
      paragraph(tn("%(n)s grid changes.", "%(n)s grids change.", found.grids.length, { n: number(found.grids.length) })),
      paragraph(hands(found)),
      footprint(found.moved),
      changes.length ? el("ul", { class: "plan-members" }, changes.slice(0, 12).map(([name, n]) => el("li", {}, el("span", {}, name), el("b", { class: "number" }, n > 0 ? `+${number(n)}` : `−${number(-n)}`)))) : "",
      unserved(found.unserved),
      paragraph(t("Figures of days before keep the old boundaries. Each open case stays with its household, its due day unchanged.")),
      el("label", { class: "field" }, el("span", {}, t("In force from")), day),
      el("label", { class: "field" }, el("span", {}, t("Note (goes into the certificate)")), note),
    ],
    choices: [
      ["publish", title(), "primary"],
      ["", t("Cancel"), "quiet"],
    ],
    work: () => run("publish", { valid_from: day.value, ...allowed, ...(note.value.trim() && { note: note.value.trim() }) }),
  });
  const button = byId("dialog").querySelector("button[value=publish]");
  day.addEventListener("input", () => (button.textContent = title()));
  return asked;
}
