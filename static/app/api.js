// Questions to the server, the bar that says one is under way, and what to say when it fails.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";

const BAR_AFTER_MS = 150; // a quick answer needs no bar

let waiting = 0;
let timer = 0;

/** Count a question as under way; call what comes back when it is answered. */
export function busy() {
  waiting += 1;
  if (waiting === 1) timer = setTimeout(() => show(true), BAR_AFTER_MS);
  let open = true;
  return () => {
    if (!open) return;
    open = false;
    waiting -= 1;
    if (waiting === 0) {
      clearTimeout(timer);
      show(false);
    }
  };
}

function show(on) {
  document.documentElement.classList.toggle("is-loading", on);
  byId("map")?.setAttribute("aria-busy", String(on));
}

/** A refusal of the server: its sentence says what, where and what to do. */
export class Refusal extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? t("The server could not answer; try again in a moment."));
    this.status = status;
    this.code = problem?.code ?? "";
    this.problem = problem ?? {}; // facts, and what else the answer carries
  }
}

/** The address of `path` with the arguments that have a value. */
export function address(path, args = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(args)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** Fetch within the session. Raises Refusal; leads to the sign-in page where the session ended. */
export async function ask(url, options = {}) {
  const done = busy();
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" }, ...options });
    if (answer.status === 401) {
      signIn();
      return await new Promise(() => {}); // the page is leaving
    }
    if (!answer.ok) throw new Refusal(answer.status, await answer.json().catch(() => null));
    return answer;
  } catch (error) {
    if (error instanceof Refusal || error.name === "AbortError") throw error;
    throw new Refusal(0, {
      detail: t("The server cannot be reached; what you see is from before. Trying again helps."),
    });
  } finally {
    done();
  }
}

export const json = async (path, args, options) => (await ask(address(path, args), options)).json();

const token = () => document.querySelector("meta[name=csrf-token]").content;

/** POST JSON within the session; `version` goes into If-Match. */
export async function post(url, body = {}, { version = null, signal } = {}) {
  const headers = {
    Accept: "application/json",
    "Content-Type": "application/json",
    "X-CSRFToken": token(),
  };
  if (version !== null) headers["If-Match"] = `"v${version}"`;
  const answer = await ask(url, { method: "POST", headers, body: JSON.stringify(body), signal });
  return answer.json();
}

let left = false;

/** Whether the page is on its way to the sign-in page, which leads back. */
export const leaving = () => left;

function signIn() {
  left = true;
  const back = location.pathname + location.search + location.hash;
  location.assign(address("/signin", { next: back }));
}

/** Show a refusal above the page until the next success; `again` is what the button repeats. */
export function say(error, again) {
  const box = byId("notice");
  if (!box) return;
  const buttons = [
    again && el("button", { type: "button", class: "button small", onclick: again }, t("Try again")),
    el("button", { type: "button", class: "button small quiet", onclick: hush }, t("Close")),
  ];
  box.replaceChildren(el("p", {}, error.message), ...buttons.filter(Boolean));
  box.hidden = false;
}

export function hush() {
  const box = byId("notice");
  if (box) box.hidden = true;
}
