// The editor: what is chosen, which tool is in hand, and what comes of it. The server is the judge.
import { say } from "./api.js";
import { byId, settled } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { fit } from "./map.js";
import { Attributes } from "./planattributes.js";
import { Drawing } from "./plandraw.js";
import { Faults } from "./planfaults.js";
import * as figures from "./planfigures.js";
import { Grids, sidesOf } from "./plangrids.js";
import { Kept } from "./plankept.js";
import { Names } from "./plannames.js";
import { renderList, renderSteps } from "./planpanel.js";
import { Pending } from "./planpending.js";
import { reckoned } from "./planqueue.js";
import { Reshape } from "./planreshape.js";
import { Saving } from "./plansaving.js";
import { TOOLS, pressTool, pressed, renderTool } from "./plantools.js";
import { Trial } from "./plantrial.js";
import { Loader } from "./planview.js";

export class Editor {
  /** `on`: {about(draft)}, called when the draft is described anew. */
  constructor(draft, unsent, { map, layers, sources }, on) {
    Object.assign(this, { draft, map, on });
    this.about = null; // the draft as the server describes it
    this.tool = "select";
    this.chosen = [];
    this.survivor = ""; // which grid a merge leaves, where one was named
    this.grids = new Grids(map);
    this.names = new Names(this.grids).addTo(map);
    this.faults = new Faults(this.grids);
    this.pending = new Pending(this.grids);
    this.saving = new Saving(draft, unsent, this.faults, this.pending, {
      took: (answer) => this.took(answer),
      settle: () => this.settle(),
      reopen: () => this.reopen(),
      about: () => this.about,
      refused: (made) => this.refused(made),
      waiting: () => this.waiting(),
      typed: () => this.editable && this.attributes.typed.size > 0,
    });
    this.attributes = new Attributes(this);
    this.loader = new Loader(
      { draft, grids: this.grids, layers, sources },
      { stale: () => this.reopen(), changed: () => this.moved() },
    );
    this.drawing = new Drawing(this.grids, { drawn: (line) => this.drawn(line), points: () => this.render() });
    this.kept = new Kept(map, { onto: (point) => this.drawing.onto(point), changed: () => this.render() });
    this.reshape = new Reshape(this.grids, {
      moving: (edit, point, broken) => this.trial.moving(edit, point, broken),
      done: (edit) => this.send({ op: "reshape", ...edit }),
      shown: () => this.render(),
    });
    this.render = settled(() => this.renderNow(), 16);
    this.trial = new Trial(map, draft, () => this.reshape.busy);
  }

  get editable() {
    return this.about?.state === "open" && this.about.rights.edit;
  }

  // What the server says ------------------------------------------------------------------------

  /** The draft anew: at the start, after somebody else's change, after a step of the review. */
  async reopen() {
    this.about = await this.draft.open();
    this.grids.clear();
    this.loader.forget();
    await this.loader.load();
    await this.loader.know(this.about);
    this.choose(this.chosen.filter((code) => this.grids.rows.has(code)));
    await this.show();
  }

  async show() {
    this.saving.saved(this.about);
    renderSteps(this.about, (place) => this.faults.goTo({ place }));
    this.on.about(this.about);
    this.render();
    await this.loader.ghosts();
  }

  /** An edit, an undo or a redo is done: what it changed is the truth now. */
  async took(answer) {
    this.grids.off = new Map();
    this.grids.take(answer.changed, answer.removed);
    this.loader.touch([...answer.changed.map((feature) => feature.properties.code), ...answer.removed]);
    this.faults.clear();
    this.attributes.drop(answer.removed);
    const parts = answer.impact.grids.filter((row) => row.after && figures.differs(row)).map((row) => row.code);
    this.choose(answer.op === "split" && answer.effect_of === "step" ? parts : this.chosen.filter((code) => this.grids.rows.has(code)));
    const go = { grid: (code) => this.goTo([code]), place: (place) => this.faults.goTo({ place }) };
    // After a step back or forth what counts is the draft as it stands then, not the step.
    if (answer.effect_of === "draft") figures.showDraft(answer.impact, go);
    else figures.showEffect(answer, go);
    figures.hideTip();
    if (this.tool === "reshape") this.reshape.show(this.chosen[0] ?? "");
    this.names.draw();
    Object.assign(this.about, { step: answer.step, steps: answer.steps, can_undo: answer.can_undo, can_redo: answer.can_redo });
    this.saving.saved(this.about);
    this.about = (await this.draft.read()).body;
    await this.show();
  }

  /** The map back at the truth. */
  settle() {
    this.reshape.release();
    this.grids.settle();
    this.names.draw();
    figures.hideTip();
    if (this.tool === "reshape") this.reshape.show(this.chosen[0] ?? "");
  }

  moved() {
    this.names.draw();
    if (this.tool === "reshape") this.reshape.show(this.chosen[0] ?? "");
    this.render();
  }

  goTo(codes) {
    const box = this.grids.bounds(codes);
    if (box.isValid()) fit(this.map, sidesOf(box));
  }

  send(edit, drawn = null) {
    return this.saving.send("/edits", edit, drawn);
  }

  /** A drawing that was refused comes back, to be mended, unless something else is in hand by now. */
  refused({ drawn }) {
    if (!drawn || this.drawing.active || this.reshape.busy || this.tool !== "select") return;
    this.tool = drawn.tool;
    this.marked();
    this.choose(drawn.chosen.filter((code) => this.grids.rows.has(code)));
    this.kept.start(drawn);
    byId("map_gisgrid").focus({ preventScroll: true });
  }

  /** Steps that are not saved yet: on the map, and counted for what can be taken back. */
  waiting() {
    this.pending.show(this.saving.queue);
    for (const verb of ["undo", "redo"]) byId(verb).disabled = !this.able(verb);
  }

  /** Whether there is a step to take back or to do again once all that waits is done. */
  able(verb) {
    const { step, steps } = reckoned(this.about ?? {}, this.saving.queue);
    return this.editable && (verb === "undo" ? step > 0 : step < steps);
  }

  history(verb) {
    if (this.saving.takeBack(verb) || !this.able(verb)) return undefined;
    this.letGo();
    return this.saving.send(`/${verb}`, {});
  }

  // Choosing and drawing ----------------------------------------------------------------------------

  choose(codes) {
    this.chosen = codes;
    this.grids.choose(codes);
    this.render();
  }

  /** Choose a grid or leave it out; what a tool needs no more of is replaced. */
  toggle(code, more = false) {
    const row = this.grids.rows.get(code);
    if (!row || (this.editable && !row.editable)) return;
    const { most } = TOOLS[this.tool];
    const several = this.tool === "select" ? more : most > 1;
    if (!this.chosen.includes(code)) this.choose(several ? [...this.chosen, code].slice(-most) : [code]);
    else if (this.tool === "select" || several) return this.leave(code);
    return this.advance();
  }

  leave(code) {
    this.kept.stop();
    this.choose(this.chosen.filter((other) => other !== code));
    if (this.drawing.active) this.drawing.stop();
    if (this.tool === "reshape") this.reshape.show("");
  }

  /** With enough grids chosen a tool goes on by itself. */
  advance() {
    const spec = TOOLS[this.tool];
    if (!this.editable || this.kept.active) return;
    if (this.tool === "reshape") return this.reshape.show(this.chosen[0] ?? "");
    if (!spec.draw || this.chosen.length < spec.least || this.drawing.active) return;
    const near = this.chosen.flatMap((code) => [code, ...this.grids.topology.neighbours(code)]);
    const box = this.grids.bounds(this.chosen);
    this.drawing.start(spec.draw, near.length ? near : this.grids.inView(), box.isValid() ? box.getCenter() : null);
    byId("map_gisgrid").focus({ preventScroll: true });
  }

  use(name) {
    const button = document.querySelector(`[data-tool="${name}"]`);
    if (name !== "select" && (!this.editable || button?.hidden)) return;
    this.drawing.stop();
    this.reshape.stop();
    this.kept.stop();
    figures.hideTip();
    this.tool = name;
    this.marked();
    const { least, most } = TOOLS[name];
    // What is chosen serves the next tool where it fits it.
    if (name !== "select") this.choose(this.chosen.length > most ? (least === most && least ? this.chosen.slice(0, most) : []) : this.chosen);
    if (name === "reshape") this.reshape.start(this.chosen[0] ?? "");
    this.advance();
    this.render();
  }

  /** Which tool is in hand, on its button and for the pointer's form. */
  marked() {
    pressTool(this.tool);
    document.body.dataset.tool = this.tool;
  }

  drawn(coordinates) {
    const { tool, chosen } = this;
    const edit = TOOLS[tool].edit(chosen, coordinates, this.grids);
    const nowhere = tool === "split" && !edit.code;
    this.use("select"); // before the answer: the next tool may be in hand by then
    this.faults.clear();
    if (nowhere) return say(new Error(t("The line meets no grid that you may change.")));
    return this.send(edit, { tool, chosen, coordinates, shape: TOOLS[tool].draw });
  }

  /** The mended drawing once more. */
  again() {
    const coordinates = this.kept.drawn();
    return coordinates ? this.drawn(coordinates) : undefined;
  }

  /** Let go of what is in hand; true when there was something. */
  letGo() {
    figures.hideTip();
    if (this.reshape.release()) return true;
    if (this.kept.active) this.faults.clear();
    else if (!this.drawing.active) return false;
    this.kept.stop();
    this.drawing.stop();
    this.render();
    return true;
  }

  escape() {
    if (this.letGo()) return TOOLS[this.tool].draw ? this.use("select") : undefined;
    if (this.faults.shown) return this.faults.clear();
    if (this.tool !== "select") return this.use("select");
    return this.choose([]);
  }

  enter() {
    if (this.kept.active) return this.again();
    if (this.drawing.active) return this.drawing.finish();
    if (this.tool === "merge" && this.chosen.length > 1) return this.merge();
    if (this.tool === "reshape") return this.reshape.commit();
    return this.advance();
  }

  merge() {
    const edit = TOOLS.merge.edit(this.chosen, this.into);
    this.use("select");
    return this.send(edit);
  }

  /** The grid that remains after a merge: the one that was named, else the first one chosen. */
  get into() {
    return this.chosen.includes(this.survivor) ? this.survivor : this.chosen[0];
  }

  arrow(dx, dy) {
    if (this.kept.active && this.kept.current >= 0) return this.kept.nudge(dx, dy);
    if (this.drawing.active) return this.drawing.steer(dx, dy);
    if (this.tool === "reshape" && this.reshape.current >= 0) return this.reshape.nudge(dx, dy);
    return false; // the map's own keys
  }

  step(by) {
    return this.kept.active ? this.kept.step(by) : this.reshape.step(by);
  }

  remove() {
    if (this.drawing.active) return this.drawing.back();
    return this.kept.active ? this.kept.remove() : this.reshape.remove();
  }

  // The panel -------------------------------------------------------------------------------------

  renderNow() {
    if (!this.about) return;
    renderTool(this, pressed(this));
    renderList({ grids: this.grids, chosen: this.chosen, filter: byId("grid-filter").value }, { toggle: (code, more) => this.toggle(code, more), light: (code) => this.grids.light(code) });
    const one = this.editable && this.tool === "select" && this.chosen.length === 1;
    this.attributes.show(one ? this.chosen[0] : "");
    byId("count").textContent = this.chosen.length ? number(this.chosen.length) : "";
  }
}
