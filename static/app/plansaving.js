// Saving: one write after the other, each on the version that is shown; nothing that fails is lost.
import { Refusal, hush, post, say } from "./api.js";
import { byId, el } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { Draft } from "./planapi.js";
import { choose, paragraph } from "./plandialog.js";
import { opName } from "./planpanel.js";

/** The faults of a refused edit, each with its sentence, codes and place. */
export const faultsOf = (error) => error.problem?.facts?.faults ?? error.problem?.faults ?? [];

const word = (path, body) => opName(body.op ?? path.replace("/", ""));

/** Whether the server did not get to judge: then the edit waits, and may be sent again. */
const unreached = (error) => error.status === 0 || error.status === 429 || error.status >= 500;

export class Saving {
  /** `on`: {took(answer), settle(), reopen(), about()}. */
  constructor(draft, unsent, faults, on) {
    Object.assign(this, { draft, unsent, faults, on });
    this.last = Promise.resolve();
  }

  say(text, kind = "") {
    byId("saved").textContent = text;
    byId("saved").className = `plan-saved ${kind}`;
  }

  saved({ step, steps } = {}) {
    this.say(steps ? t("Saved · step %(n)s of %(all)s", { n: number(step), all: number(steps) }) : t("Saved · nothing changed yet"));
  }

  /**
   * Write, after what is still being written. Resolves to the answer; null where it was refused.
   * `version`: what it was made on, where that is not what is shown by then.
   */
  send(path, body, version) {
    const work = this.last.then(() => this.write(path, body, version));
    this.last = work.catch(() => null);
    return work;
  }

  async write(path, body, version = this.draft.version) {
    this.say(t("Saving…"), "is-busy");
    let answer;
    try {
      answer = await this.draft.write(path, body, version);
    } catch (error) {
      await this.refused(error, { path, body, version });
      return null;
    }
    this.unsent.drop();
    this.hideWaiting();
    hush();
    // It is stored: what fails from here on is reading, and only reading is done again.
    await this.shown(() => (answer.changed ? this.on.took(answer) : this.on.reopen()));
    return answer;
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

  /** `made`: {path, body, version, copy}: what was to be done, on which version, and the copy it now belongs to. */
  async refused(error, made) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 412) return this.stale(error, made);
    if (unreached(error)) return this.wait(error, made);
    this.unsent.drop();
    this.hideWaiting();
    this.on.settle();
    this.saved(this.on.about());
    const found = faultsOf(error);
    if (!found.length) return say(error);
    return this.faults.show(t("%(edit)s was refused; the draft is as it was.", { edit: word(made.path, made.body) }), found);
  }

  /** The edit stays here, on the map and in this tab, until it is sent or given up. */
  wait(error, made) {
    this.unsent.keep(made);
    this.say(t("Not saved"), "is-failed");
    this.showWaiting(error.message, made);
  }

  showWaiting(text, made) {
    const { path, body, version } = made;
    const again = () => (made.copy ? this.keepMine(made) : this.send(path, body, version));
    const stop = () => {
      this.unsent.drop();
      this.hideWaiting();
      this.on.settle();
      return this.shown();
    };
    byId("waiting").replaceChildren(
      el("p", {}, el("b", {}, t("%(edit)s is not saved yet.", { edit: word(path, body) })), ` ${text}`),
      el("button", { type: "button", class: "button small primary", onclick: again }, t("Try again")),
      el("button", { type: "button", class: "button small", onclick: stop }, t("Give it up")),
    );
    byId("waiting").hidden = false;
  }

  hideWaiting() {
    byId("waiting").hidden = true;
  }

  /** What an earlier visit to this page could not send. */
  offerUnsent() {
    const found = this.unsent.found();
    if (found) this.showWaiting(t("It was made before this page was loaded anew."), { version: 0, ...found });
  }

  /** Somebody else has changed the draft: theirs, or mine beside it. */
  async stale(error, made) {
    const { path, body } = made;
    this.unsent.keep(made);
    const theirs = await this.draft.read().then((found) => found.body, (failed) => this.wait(failed, made));
    if (!theirs) return undefined;
    const last = theirs.edits?.find((edit) => edit.step === theirs.step);
    const mine = path === "/edits";
    const answer = await choose({
      title: t("The draft has been changed elsewhere"),
      body: [
        paragraph(
          last
            ? t("It is now at step %(n)s: %(what)s, by %(who)s.", { n: number(theirs.step), what: `${opName(last.op)} ${last.summary ?? ""}`.trim(), who: last.by ?? "–" })
            : t("It is now at step %(n)s.", { n: number(theirs.step) }),
        ),
        paragraph(mine ? t("Your last edit (%(edit)s) was made on the steps before and is not in it.", { edit: word(path, body) }) : t("What you asked for (%(edit)s) was not done.", { edit: word(path, body) })),
      ],
      choices: [
        ["theirs", t("Take theirs"), "primary"],
        ...(mine ? [["mine", t("Keep mine as a new draft"), ""]] : []),
      ],
    });
    if (answer === "mine") return this.keepMine(made);
    if (answer === "") return this.wait(error, made); // not decided: it stays here
    this.unsent.drop();
    this.hideWaiting();
    this.on.settle();
    return this.shown();
  }

  /** A copy as the draft was when the edit was made, and the edit in it. A copy that is made already serves again. */
  async keepMine(made) {
    let { copy } = made;
    try {
      if (!copy) {
        const name = t("%(name)s (mine)", { name: this.on.about().name });
        const { id, version } = await post(`${this.draft.base}/copy`, { name, version: made.version });
        copy = { id, version };
        this.unsent.keep({ ...made, copy });
      }
      await new Draft(copy.id).write("/edits", made.body, copy.version);
    } catch (error) {
      // A copy that has moved on has the edit: only the answer to it was lost.
      if (!copy || error.status !== 412) return this.wait(error, { ...made, copy });
    }
    this.unsent.drop();
    return location.assign(`/plans/${copy.id}${location.hash}`);
  }
}
