// Saving: one write after the other, each on the version that is shown; nothing that fails is lost.
import { Refusal, hush, leaving, post, say } from "./api.js";
import { byId } from "./dom.js";
import { MISSING, number } from "./format.js";
import { t, tn } from "./i18n.js";
import { Draft } from "./planapi.js";
import { choose, paragraph } from "./plandialog.js";
import { opName } from "./planpanel.js";
import { without } from "./planqueue.js";
import { stateName } from "./planreview.js";
import { hideWaiting, showWaiting, unsent } from "./planwaiting.js";

const AGAIN_MS = 30_000;

/** The faults of a refused edit, each with its sentence, codes and place. */
export const faultsOf = (error) => error.problem?.facts?.faults ?? error.problem?.faults ?? [];

/** How a draft stands that somebody else has changed. */
export function standing({ state, step, edits = [], log = [] }) {
  const who = (by) => by ?? MISSING;
  if (state !== "open") return t("It has been %(state)s by %(who)s and takes no more steps.", { state: stateName(state), who: who(log.at(-1)?.by) });
  const last = edits.find((edit) => edit.step === step);
  if (!last) return t("It is now at step %(n)s.", { n: number(step) });
  return t("It is now at step %(n)s: %(what)s, by %(who)s.", { n: number(step), what: `${opName(last.op)} ${last.summary ?? ""}`.trim(), who: who(last.by) });
}

export const word = ({ path, body }) => opName(body.op ?? path.replace("/", ""));

/** Whether the server did not get to judge: then the step waits, and may be sent again. */
export const unreached = (error) => error.status === 0 || error.status === 429 || error.status >= 500;

/** What the planner may allow by saying so, and of which faults that disposes. */
const ALLOWED = {
  pieces: {
    faults: ["in_pieces", "not_touching", "touch_in_point"],
    why: () => t("A grid in pieces costs its member longer ways."),
    button: () => t("Allow it to lie in pieces"),
  },
  led: {
    faults: ["led_far"],
    why: () => t("It then ends at the nearest corner of the outer border."),
    button: () => t("End it at that corner"),
  },
};

/** An id that no other change has; a page without TLS has no randomUUID. */
const newId = () => crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, random);

const random = (digit) => (Number(digit) ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (Number(digit) / 4)))).toString(16);

export class Saving {
  /** `on`: {took(answer), settle(), reopen(), about(), refused(made), waiting(queue), typed()}. */
  constructor(draft, store, faults, pending, on) {
    Object.assign(this, { draft, store, faults, pending, on });
    // {path, body (with an id of its own, so that it is made once), drawn, version: made on which, null: on what the one
    // before gives; copy: the draft it now belongs to}
    this.queue = store.found();
    this.running = false;
    this.stopped = null; // {text, refused, asked}: why nothing is being sent, and whether somebody is to say so first
    addEventListener("online", () => this.retry());
    addEventListener("beforeunload", (event) => (this.waits || this.on.typed()) && !leaving() && event.preventDefault());
    setInterval(() => this.retry(), AGAIN_MS);
  }

  get waits() {
    return this.queue.length > 0;
  }

  say(text, kind = "") {
    byId("saved").textContent = text;
    byId("saved").className = `plan-saved ${kind}`;
  }

  saved({ step, steps } = {}) {
    if (this.stopped) return this.say(unsent(this.queue.length), "is-failed");
    if (this.waits) return this.busy();
    return this.say(steps ? t("Saved · step %(n)s of %(all)s", { n: number(step), all: number(steps) }) : t("Saved · nothing changed yet"));
  }

  busy() {
    const n = this.queue.length;
    this.say(n > 1 ? tn("Saving %(n)s step…", "Saving %(n)s steps…", n, { n: number(n) }) : t("Saving…"), "is-busy");
  }

  /** Do a step after all that still wait; `drawn` is the drawing that it came of. */
  send(path, body, drawn = null) {
    this.queue.push({ path, body: { ...body, client_id: newId() }, drawn, version: this.waits ? null : this.draft.version });
    this.kept();
    if (!this.stopped && !this.running) return this.pump();
    return this.tell();
  }

  /** What waits is kept in this tab, and shown on the map, from the moment it is made until it is answered. */
  kept() {
    this.store.keep(this.queue);
    this.on.waiting(this.queue);
  }

  /** Send what waits, in order, until one is refused or cannot be sent. */
  async pump() {
    if (this.running || !this.waits) return;
    this.running = true;
    this.stopped = null;
    try {
      while (this.waits && !this.stopped) await this.next(this.queue[0]);
    } finally {
      this.running = false;
      this.tell();
    }
  }

  async next(made) {
    made.version ??= this.draft.version;
    this.kept();
    this.busy();
    let answer;
    try {
      answer = await this.draft.write(made.path, made.body, made.version);
    } catch (error) {
      await this.failed(error, made);
      return;
    }
    this.shift(answer.version);
    hush();
    // It is stored: what fails from here on is reading, and only reading is done again.
    await this.shown(() => (answer.changed ? this.on.took(answer) : this.on.reopen()));
  }

  /** The first is out of the way; the one behind it is made on the version that there is now. */
  shift(version) {
    this.queue.shift();
    if (this.waits) this.queue[0].version = version;
    this.kept();
  }

  /** Show what is stored; where it cannot be read, say so and offer to read it again. */
  async shown(read = () => this.on.reopen()) {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      say(error, () => this.shown().then(hush));
    }
  }

  async failed(error, made) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 412) return this.stale(error);
    if (unreached(error)) return this.stop(error.message);
    this.shift(made.version);
    this.on.settle();
    if (made.path !== "/edits") return say(error); // nothing was drawn: what comes after goes on
    this.queue = without(this.queue);
    if (this.waits) this.queue[0].version = made.version;
    this.kept();
    if (this.waits) this.stop(t("A step before was refused; these were made after it."), { refused: true });
    this.refused(error, made);
    return undefined;
  }

  /** Say why a step was refused; keep what was drawn, to be mended. */
  refused(error, made) {
    const found = faultsOf(error);
    if (!found.length) return say(error);
    this.faults.show(t("%(edit)s was refused; the draft is as it was.", { edit: word(made) }), found, { allow: this.allowing(found, made) });
    return this.on.refused(made);
  }

  /** What makes a refused step again with what the planner allows; null where that helps nothing. */
  allowing(found, made) {
    const keys = Object.keys(ALLOWED).filter((key) => found.every(({ what }) => ALLOWED[key].faults.includes(what)));
    if (this.waits || !keys.length) return null;
    const [key] = keys;
    const again = () => this.send(made.path, { ...made.body, [`allow_${key}`]: true }, made.drawn);
    return { key, why: ALLOWED[key].why(), button: ALLOWED[key].button(), again };
  }

  // What waits ------------------------------------------------------------------------------------

  /** Send no more for now; all that waits stays in this tab, also over a reload. */
  stop(text, { refused = false, asked = false } = {}) {
    this.stopped = { text, refused, asked };
    this.kept();
    this.tell();
  }

  /** The head of the page, and the box of what waits. */
  tell() {
    if (!this.waits) this.stopped = null;
    this.saved(this.on.about() ?? undefined);
    if (!this.stopped) return hideWaiting();
    const on = { again: () => this.again(), back: () => this.takeBack(), stop: () => this.giveUp(), go: (where) => this.faults.goTo(where) };
    const steps = this.queue.map((made) => ({ name: word(made), grids: this.pending.named(made), where: this.pending.where(made) }));
    return showWaiting({ steps, ...this.stopped }, on);
  }

  again() {
    return this.queue[0]?.copy ? this.keepMine() : this.pump();
  }

  /** By itself only what the server was not reached for, and not after a reload. */
  retry() {
    if (this.stopped && !this.stopped.refused && !this.stopped.asked && navigator.onLine && !document.hidden) this.again();
  }

  /** The last step that waits is given up where it is what `verb` is to take back; true when it was. */
  takeBack(verb = "undo") {
    const last = this.queue.at(-1)?.path;
    if (!this.stopped || !last || (last === "/undo") !== (verb === "redo")) return false;
    this.queue.pop();
    this.kept();
    if (!this.waits) this.giveUp();
    else this.tell();
    return true;
  }

  giveUp() {
    this.queue = [];
    this.kept();
    this.tell();
    this.on.settle();
    return this.shown();
  }

  /** What an earlier visit to this page could not send. */
  offerUnsent() {
    if (!this.waits) return;
    this.queue[0].version ??= this.draft.version;
    this.kept();
    this.stopped = { text: t("Made before this page was loaded anew."), asked: true };
    this.tell();
  }

  // Somebody else has changed the draft: theirs, or mine beside it -----------------------------------

  async stale(error) {
    const made = this.queue[0];
    const theirs = await this.draft.read().then((found) => found.body, () => null);
    if (!theirs) return this.stop(error.message);
    const mine = this.queue.every(({ path }) => path === "/edits");
    const edits = this.queue.map(word).join(", ");
    const answer = await choose({
      title: t("The draft has been changed elsewhere"),
      body: [
        paragraph(standing(theirs)),
        paragraph(mine ? t("What you did last (%(edit)s) was made on the steps before and is not in it.", { edit: edits }) : t("What you asked for (%(edit)s) was not done.", { edit: word(made) })),
      ],
      choices: [
        ["theirs", theirs.state === "open" ? t("Take theirs") : t("Let mine go"), "primary"],
        ...(mine ? [["mine", t("Keep mine as a new draft"), ""]] : []),
      ],
    });
    if (answer === "mine") return this.keepMine();
    if (answer === "") {
      this.stop(error.message, { asked: true }); // not decided: it stays here
      return undefined;
    }
    return this.giveUp();
  }

  /** A copy as the draft was when the first was made, and all that waits in it. A copy that is there serves again. */
  async keepMine() {
    const [{ version, copy }] = this.queue;
    try {
      const name = t("%(name)s (mine)", { name: this.on.about().name });
      const made = copy ?? (await post(`${this.draft.base}/copy`, { name, version }));
      this.queue[0].copy = { id: made.id, version: made.version };
      while (this.waits) await this.intoCopy();
      return location.assign(`/plans/${made.id}${location.hash}`);
    } catch (error) {
      return this.stop(error.message);
    }
  }

  async intoCopy() {
    const [{ body, copy }] = this.queue;
    const { version } = await new Draft(copy.id).write("/edits", body, copy.version);
    this.queue.shift();
    if (this.waits) this.queue[0].copy = { id: copy.id, version };
    this.kept();
  }
}
