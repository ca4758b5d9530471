// Forms that record, sent by script: kept on the device first, then sent, and shown as unsent until
// the server has said yes. Without this script the same forms are sent by the browser.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { watch } from "./record-bar.js";
import { onChange, send } from "./record-send.js";
import { all, makeRoom, own, owner, put } from "./record-store.js";

const me = document.querySelector('meta[name="owner"]')?.content ?? "";
const FIELDS = ["note", "category", "title", "due_on"];

async function begin() {
  // The list of somebody else never meets mine; records are kept apart by their owner.
  if (owner() && owner() !== me) await makeRoom();
  own(me);
  await all(); // where nothing can be kept, the forms stay with the browser
  for (const row of document.querySelectorAll(".stop")) row.dataset.counted = row.dataset.today ?? "";
  document.addEventListener("submit", submitted);
  onChange(answered);
  watch();
  await mark();
  await send();
  await keepList();
}

function submitted(event) {
  const form = event.target;
  if (!form.dataset.record) return;
  event.preventDefault();
  // Once it is kept, nothing gives it to the browser as well: it is sent when the page is opened anew at the latest.
  keep(form, event.submitter).catch(() => {});
}

/** Put the form's record on the device, then send what waits. What cannot be kept the browser sends. */
async function keep(form, button) {
  try {
    await put(await behind(recordOf(form, button)));
  } catch {
    await new Promise((resolve) => setTimeout(resolve)); // a form that is being submitted cannot be submitted
    const { record } = form.dataset;
    delete form.dataset.record;
    form.requestSubmit(button);
    form.dataset.record = record;
    return;
  }
  settle(form, form.dataset.record);
  await mark();
  if (form.dataset.record === "visit") moveOn(form.closest(".stop"));
  await send();
}

function recordOf(form, button) {
  const given = new FormData(form, button);
  const text = (name) => String(given.get(name) ?? "").trim();
  const id = crypto.randomUUID?.() ?? text("client_id");
  const now = new Date();
  const body = { client_id: id, zone: Intl.DateTimeFormat().resolvedOptions().timeZone };
  const { record: kind, household, case: about } = form.dataset;
  if (kind === "visit") {
    Object.assign(body, { household, outcome: text("outcome"), visited_at: now.toISOString() });
  } else if (kind === "case") {
    Object.assign(body, { household, opened_at: now.toISOString() });
  } else {
    Object.assign(body, { case: about, do: text("do"), changed_at: now.toISOString() });
  }
  for (const name of FIELDS) {
    // A change says what a field holds from now on, also that it is empty.
    if (text(name)) body[name] = text(name);
    else if (given.has(name) && text("do") === "update") body[name] = null;
  }
  const label = [button?.textContent.trim(), household || about].filter(Boolean).join(" · ");
  return { client_id: id, kind, body, label, household: household || "", case: about || "", kept: +now };
}

/** The record, later than all that wait, also where the clock of the device stands or was put back. */
async function behind(record) {
  const kept = (await all()).map((each) => each.kept + 1);
  return { ...record, kept: Math.max(record.kept, ...kept) };
}

/** Make room for the next: the form is empty again, its row closed. */
function settle(form, kind) {
  if (kind === "visit" || kind === "case") form.reset();
  form.closest("details.more")?.removeAttribute("open");
  if (kind === "visit") form.closest(".stop > details")?.removeAttribute("open");
}

/** Lead to the next household of the walk that nothing was recorded at today; it opens by a tap. */
function moveOn(row) {
  let next = row?.nextElementSibling;
  while (next?.dataset.today) next = next.nextElementSibling;
  const summary = (next ?? row)?.querySelector("summary");
  summary?.focus({ preventScroll: true });
  summary?.scrollIntoView({ block: "nearest" });
}

/** Say at each household what of it waits on the device. */
async function mark() {
  const records = await all();
  for (const place of document.querySelectorAll("[data-household] .unsent")) {
    const home = place.closest("[data-household]").dataset.household;
    const mine = records.filter((record) => record.household === home);
    place.hidden = mine.length === 0;
    place.textContent = mine.length ? t("not sent yet") : "";
    const visit = mine.filter((record) => record.kind === "visit").at(-1);
    const row = place.closest(".stop");
    if (visit && row) recorded(row, visit.body.outcome);
  }
}

/** What was recorded today stands in the place of why the household was to be visited. */
function recorded(row, outcome) {
  const why = row.querySelector(".stop-why");
  const label = row.querySelector(`button[value="${CSS.escape(outcome)}"]`)?.textContent ?? outcome;
  row.dataset.today = outcome;
  row.querySelector(".stop-who .done")?.remove();
  row.querySelector(".stop-who strong").after(" ", el("span", { class: "done" }, label));
  const tried = ` · ${t("tried today")}`;
  row.dataset.why ??= why.textContent.replace(tried, "");
  // An attempt is no visit: the household still waits, and the reason is new.
  why.textContent = outcome === "met" ? t("visited today") : row.dataset.why + tried;
  why.classList.toggle("is-done", outcome === "met");
}

/** What the server said yes to: shown as done, and the figures with it. */
async function answered(sent) {
  await mark();
  const taken = sent.filter((record) => record.state !== "refused");
  if (taken.length === 0) return;
  const waits = taken.some((record) => record.state === "needs_decision");
  if (waits) say(t("It is kept and needs a decision: the household is not in your area."));
  for (const record of taken.filter((r) => r.kind === "visit" && r.state === "accepted")) done(record);
  // Cases change more than a mark: the page is fetched anew, unless something is being written.
  const writing = [...document.querySelectorAll("form[data-record] input:not([type=hidden])")].some(
    (input) => input.value !== input.defaultValue,
  );
  const anew = !byId("done") || taken.some((record) => record.kind !== "visit");
  if (anew && !writing && navigator.onLine) location.reload();
  else await keepList();
}

function done(record) {
  for (const row of document.querySelectorAll(".stop")) {
    if (row.dataset.household !== record.household) continue;
    if (record.body.outcome === "met" && row.dataset.counted !== "met") count();
    row.dataset.counted = record.body.outcome;
    recorded(row, record.body.outcome);
  }
}

function count() {
  const figure = byId("done");
  if (!figure || new URLSearchParams(location.search).has("show")) return;
  figure.textContent = String(Number(figure.textContent) + 1);
  const bar = document.querySelector(".progress progress");
  if (bar) bar.value += 1;
}

function say(text) {
  const box = el("p", { class: "notice", role: "status" }, text);
  byId("main").prepend(box);
}

/** Have the worker keep this list for when the line is down; it takes only one's own grid. */
async function keepList() {
  if (!("serviceWorker" in navigator) || location.pathname !== "/work" || !navigator.onLine) return;
  try {
    await navigator.serviceWorker.register("/worker.js", { scope: "/work" });
    const ready = await navigator.serviceWorker.ready;
    ready.active?.postMessage({ page: location.pathname + location.search });
  } catch {
    // An old phone, or a line that is not secure: records are kept all the same.
  }
}

if (me && "indexedDB" in self) begin().catch(() => {});
