// Code, name, member and interval of a grid. What is typed stays with its grid until it is saved or given up.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";
import { awaited } from "./planqueue.js";

const valuesOf = (row) => ({ code: row.coming, name: row.name ?? "", member: row.member ?? "", visit_every_days: String(row.visit_every_days ?? "") });

const input = (name, title, value, props = {}) =>
  el(
    "div",
    { class: "field" },
    el("label", { for: `grid-${name}` }, title),
    el("input", { id: `grid-${name}`, name, type: "text", autocomplete: "off", value, ...props }),
  );

/** The edits by which a grid gets what stands in the form. */
function changes(row, typed) {
  const read = (name) => typed[name].trim() || null;
  const change = {};
  for (const name of ["name", "member"]) if (read(name) !== (row[name] ?? null)) change[name] = read(name);
  const days = read("visit_every_days") === null ? null : Number(read("visit_every_days"));
  if (days !== (row.visit_every_days ?? null)) change.visit_every_days = days;
  const edits = Object.keys(change).length ? [{ op: "change", code: row.coming, ...change }] : [];
  const code = read("code");
  if (code && code !== row.coming) edits.push({ op: "renumber", code: row.coming, new_code: code });
  return edits;
}

export class Attributes {
  constructor(editor) {
    this.editor = editor;
    this.grids = editor.grids;
    this.typed = new Map(); // code -> what stands in its form and is not saved
  }

  /** The grid as it will be with what waits. */
  row(code) {
    const row = this.grids.rows.get(code);
    return row && awaited(row, this.editor.saving.queue);
  }

  /** What is typed and what a grid has already, is typed no longer. A grid that is not loaded keeps it. */
  tidy() {
    for (const [code, typed] of this.typed) {
      const row = this.row(code);
      if (row && !changes(row, typed).length) this.typed.delete(code);
    }
  }

  /** An edit has taken grids away, and with them what was typed for them. */
  drop(codes) {
    for (const code of codes) this.typed.delete(code);
  }

  /** The form of one grid ("" for none), and which others have something typed. */
  show(code) {
    const box = byId("attributes");
    if (box.contains(document.activeElement)) return;
    this.tidy();
    const row = code ? this.row(code) : null;
    box.replaceChildren(...(row ? [this.form(row)] : []), ...this.others(code));
  }

  form(row) {
    const { code } = row;
    const values = this.typed.get(code) ?? valuesOf(row);
    const state = el("p", { class: "plan-typed", hidden: !this.typed.has(code) }, t("not saved yet"), " ", this.stop(code));
    const form = el(
      "form",
      { class: "plan-attributes" },
      el("h3", {}, row.name || row.code),
      input("code", t("Code"), values.code, { maxlength: 100, required: true }),
      input("name", t("Name of the grid"), values.name, { maxlength: 100 }),
      input("member", t("Member"), values.member, { maxlength: 100 }),
      input("visit_every_days", t("Visit every … days"), values.visit_every_days, { type: "number", min: 1, max: 3650, placeholder: t("as the programme") }),
      el("button", { class: "button small primary", disabled: !row.editable }, t("Save")),
      state,
    );
    const read = () => Object.fromEntries(new FormData(form));
    form.addEventListener("input", () => {
      const now = this.row(code);
      if (now && changes(now, read()).length) this.typed.set(code, read());
      else this.typed.delete(code);
      state.hidden = !this.typed.has(code);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      // A second press finds nothing left to save: what is on the way counts as saved.
      const now = this.row(code);
      document.activeElement?.blur();
      for (const edit of now ? changes(now, read()) : []) this.editor.send(edit);
    });
    return form;
  }

  stop(code) {
    const work = () => {
      this.typed.delete(code);
      document.activeElement?.blur();
      this.editor.render();
    };
    return el("button", { type: "button", class: "link", onclick: work }, t("Give it up"));
  }

  choose(code) {
    document.activeElement?.blur(); // what holds the focus is not drawn anew
    this.editor.choose([code]);
  }

  others(code) {
    const codes = [...this.typed.keys()].filter((other) => other !== code);
    if (!codes.length) return [];
    const links = codes.flatMap((other) => [" ", el("button", { type: "button", class: "link", onclick: () => this.choose(other) }, this.grids.name(other))]);
    return [el("p", { class: "plan-typed" }, t("Typed and not saved yet:"), links)];
  }
}
