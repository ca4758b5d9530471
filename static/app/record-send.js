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
    for (const [kind, url, key] of KINDS) await sendKind(kind, url, key, me.csrf, sent);
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

async function sendKind(kind, url, key, csrf, sent) {
  const waiting = (await all()).filter((record) => record.kind === kind && !record.problem);
  for (let at = 0; at < waiting.length; at += BATCH) {
    const part = waiting.slice(at, at + BATCH);
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
      body: JSON.stringify({ [key]: part.map((record) => record.body) }),
    });
    if (!answer.ok) throw new Error("no answer"); // nothing was taken: all of it waits on
    const { results } = await answer.json();
    for (const [i, result] of results.entries()) {
      if (result.state === "refused") await put({ ...part[i], problem: result.problem.detail });
      else await remove(part[i].client_id);
      sent.push({ ...part[i], state: result.state });
    }
  }
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
