// The bar that says what waits on this device, and what the server would not take, and why.
import { byId, el } from "./dom.js";
import { t, tn } from "./i18n.js";
import { lineState, onChange, send } from "./record-send.js";
import { all, others, put, remove } from "./record-store.js";

const DAY_MS = 24 * 3600 * 1000;
const KEPT_DAYS = 14;

/** Keep the bar up to date. */
export function watch() {
  onChange(show);
  show();
}

let shown = "";

async function show() {
  const bar = byId("line");
  if (!bar) return;
  const records = await all().catch(() => []);
  const foreign = await others().catch(() => []);
  // Drawn anew only where it differs: a button must not go away under the thumb.
  const told = records.map((r) => [r.client_id, r.problem ?? "", isLate(r)]);
  const now = JSON.stringify([lineState(), told, foreign.length]);
  if (now === shown) return;
  shown = now;
  const refused = records.filter((record) => record.problem);
  const waiting = records.length - refused.length;
  const parts = [];
  if (waiting) parts.push(...unsent(records, waiting));
  else if (lineState() === "offline") {
    parts.push(el("p", {}, t("No line. What you record is kept on this device and sent later.")));
  }
  parts.push(...refused.map(refusal));
  if (foreign.length) parts.push(ofOthers(foreign));
  bar.replaceChildren(...parts);
  bar.hidden = parts.length === 0;
  bar.dataset.waiting = String(waiting);
  bar.dataset.refused = String(refused.length);
}

const isLate = (record) => Date.now() - record.kept > KEPT_DAYS * DAY_MS;

function unsent(records, waiting) {
  const state = lineState();
  const why = {
    "signed-out": t("Sign in to send them."),
    other: t("Somebody else is signed in."),
    sending: t("Sending …"),
  }[state];
  const count = tn("%(count)s record is not sent yet.", "%(count)s records are not sent yet.", waiting, {
    count: waiting,
  });
  const late = records.some(isLate);
  return [
    el("p", {}, el("strong", {}, count), " ", why ?? t("Kept on this device.")),
    late && el("p", { class: "is-case" }, t("The oldest is more than 14 days old: find a line soon.")),
    state === "signed-out"
      ? el("a", { class: "button small", href: "/signin?next=/work" }, t("Sign in"))
      : el("button", { type: "button", class: "button small", onclick: send }, t("Send now")),
  ].filter(Boolean);
}

function refusal(record) {
  const again = async () => {
    await put({ ...record, problem: null });
    await send();
  };
  const forget = async () => {
    if (!confirm(t("Delete this record? It was not taken and is nowhere else."))) return;
    await remove(record.client_id);
    show();
  };
  return el(
    "div",
    { class: "refused" },
    el("p", {}, el("strong", {}, record.label), " ", record.problem),
    el("button", { type: "button", class: "button small", onclick: again }, t("Send again")),
    el("button", { type: "button", class: "button small quiet", onclick: forget }, t("Delete")),
  );
}

function ofOthers(records) {
  const count = tn(
    "%(count)s record of somebody else waits on this device until that person signs in here.",
    "%(count)s records of somebody else wait on this device until that person signs in here.",
    records.length,
    { count: records.length },
  );
  const forget = async () => {
    if (!confirm(t("Delete what somebody else recorded here? It was not sent and is nowhere else."))) return;
    for (const record of records) await remove(record.client_id);
    show();
  };
  return el(
    "div",
    { class: "refused" },
    el("p", {}, count),
    el("button", { type: "button", class: "button small quiet", onclick: forget }, t("Delete")),
  );
}
