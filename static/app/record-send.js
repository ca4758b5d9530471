// Sending what waits: when the line is back, in batches, again and again, until the server said yes.
import { all, owner, put, remove } from "./record-store.js";

const FIRST_MS = 4000;
const LONGEST_MS = 5 * 60 * 1000;
const BATCH = 50;
// A case before its changes, so that the server knows what they change.
const KINDS = [
  ["visit", "/api/v1/visits", "visits"],
  ["case", "/api/v1/cases", "cases"],
  ["change", "/api/v1/case-changes", "changes"],
];

// Statuses that may come of what one record holds. Not: signed out, too many tries, busy, away, full.
const OF_A_RECORD = (status) =>
  [400, 413, 422].includes(status) || (status >= 500 && ![503, 507].includes(status));

let wait = FIRST_MS;
let timer = 0;
let state = "idle"; // idle | sending | offline | signed-out | other
const listeners = new Set();

export const onChange = (listener) => listeners.add(listener);

export const lineState = () => state;

function tell(next, sent = []) {
  state = next;
  for (const listener of listeners) listener(sent);
}

/** Send now; a second page of the same person waits its turn. */
export async function send() {
  clearTimeout(timer);
  const turn = navigator.locks
    ? (work) => navigator.locks.request("gisgrid-send", work)
    : (work) => work();
  await turn(attempt);
}

async function attempt() {
  if (!(await all()).some((record) => !record.problem)) {
    tell(navigator.onLine ? "idle" : "offline");
    return;
  }
  tell("sending");
  const sent = [];
  try {
    const me = await who();
    if (!me) return;
    let held = false;
    for (const [kind, url, key] of KINDS) {
      if (await sendKind(kind, url, key, me.csrf, sent)) held = true;
    }
    if (held) throw new Error("not all was taken");
    wait = FIRST_MS;
    tell("idle", sent);
  } catch {
    later(sent);
  }
}

/** Who is signed in; null where nobody is, or somebody else: then nothing of ours is sent. */
async function who() {
  const answer = await fetch("/api/v1/me", { headers: { Accept: "application/json" } });
  if (answer.status === 401) {
    tell("signed-out");
    return null;
  }
  if (!answer.ok) throw new Error("no answer");
  const me = await answer.json();
  if (me.owner !== owner()) {
    tell("other");
    return null;
  }
  return me;
}

/** Send all records of a kind that wait; whether some were held back, each for itself. */
async function sendKind(kind, url, key, csrf, sent) {
  const waiting = (await all()).filter((record) => record.kind === kind && !record.problem);
  const post = async (part) => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ [key]: part.map((record) => record.body) }),
    });
    if (!answer.ok) return answer.status; // nothing was taken: all of it waits on
    const { results } = await answer.json();
    for (const [i, result] of results.entries()) {
      if (result.state === "refused") await put({ ...part[i], problem: result.problem.detail });
      else await remove(part[i].client_id);
      sent.push({ ...part[i], state: result.state });
    }
    return 200;
  };
  let held = false;
  for (let at = 0; at < waiting.length; at += BATCH) {
    const part = waiting.slice(at, at + BATCH);
    const status = await post(part);
    if (status === 200) continue;
    if (!OF_A_RECORD(status)) throw new Error("no answer");
    // One of them may be what fails: it must not hold the others.
    for (const record of part) {
      const its = part.length === 1 ? status : await post([record]);
      if (its !== 200 && !OF_A_RECORD(its)) throw new Error("no answer");
      held ||= its !== 200;
    }
  }
  return held;
}

function later(sent) {
  tell("offline", sent);
  // Not all phones of a township at once, when the mast comes back.
  timer = setTimeout(send, wait * (0.75 + Math.random() / 2));
  wait = Math.min(wait * 2, LONGEST_MS);
}

addEventListener("online", () => {
  wait = FIRST_MS;
  send();
});
addEventListener("offline", () => tell("offline"));
