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

  /** Write, after what is still being written. Resolves to the answer; null where it was refused. */
  send(path, body) {
    const work = this.last.then(() => this.write(path, body));
    this.last = work.catch(() => null);
    return work;
  }

  async write(path, body) {
    this.say(t("Saving…"), "is-busy");
    try {
      const answer = await this.draft.write(path, body);
      this.unsent.drop();
      this.hideWaiting();
      hush();
      await this.on.took(answer);
      return answer;
    } catch (error) {
      await this.refused(error, path, body);
      return null;
    }
  }

  async refused(error, path, body) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 412) return this.stale(error, path, body);
    if (unreached(error)) return this.wait(error, path, body);
    this.unsent.drop();
    this.hideWaiting();
    this.on.settle();
    this.saved(this.on.about());
    const found = faultsOf(error);
    if (!found.length) return say(error);
    return this.faults.show(t("%(edit)s was refused; the draft is as it was.", { edit: word(path, body) }), found);
  }

  /** The edit stays here, on the map and in this tab, until it is sent or given up. */
  wait(error, path, body) {
    this.unsent.keep({ path, body });
    this.say(t("Not saved"), "is-failed");
    this.showWaiting(error.message, path, body);
  }

  showWaiting(text, path, body) {
    const again = () => this.send(path, body);
    const stop = () => {
      this.unsent.drop();
      this.hideWaiting();
      this.on.settle();
      return this.on.reopen();
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
    if (found) this.showWaiting(t("It was made before this page was loaded anew."), found.path, found.body);
  }

  /** Somebody else has changed the draft: theirs, or mine beside it. */
  async stale(error, path, body) {
    this.unsent.keep({ path, body });
    const { body: theirs } = await this.draft.read();
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
    if (answer === "mine") return this.keepMine(body);
    if (answer === "") return this.wait(error, path, body); // not decided: it stays here
    this.unsent.drop();
    this.hideWaiting();
    this.on.settle();
    return this.on.reopen();
  }

  async keepMine(edit) {
    try {
      const name = t("%(name)s (mine)", { name: this.on.about().name });
      const made = await post(`${this.draft.base}/copy`, { name, version: this.draft.version });
      const copy = new Draft(made.id);
      copy.version = made.version;
      await copy.write("/edits", edit);
      this.unsent.drop();
      location.assign(`/plans/${made.id}${location.hash}`);
    } catch (error) {
      this.wait(error, "/edits", edit);
    }
  }
}
