// The tools: what each needs chosen, what is drawn, and which edit comes of it.
import { byId, el, renew } from "./dom.js";
import { number } from "./format.js";
import { t, tn } from "./i18n.js";
import { nameAmong } from "./planfigures.js";
import { FINGER } from "./planhandle.js";

const line = (coordinates) => ({ type: "LineString", coordinates });
const area = (coordinates) => ({ type: "Polygon", coordinates: [coordinates] });

/**
 * name -> {key, least: grids to choose first, most, draw, edit(chosen, drawn, grids), ask: how to
 * choose, does: what drawing does}. A tool without `draw` acts when Enter is pressed or by itself.
 */
export const TOOLS = {
  select: {
    key: "v",
    least: 0,
    most: Infinity,
    ask: () => (FINGER ? t("Tap a grid on the map or in the list to choose it.") : t("Choose grids on the map or in the list; with Shift several.")),
  },
  split: {
    key: "s",
    least: 0,
    most: 1,
    draw: "Line",
    ask: () => "",
    does: () => t("Draw the line that divides a grid, from outside it to outside it."),
    edit: (chosen, drawn, grids) => ({ op: "split", code: chosen[0] ?? crossed(drawn, grids), line: line(drawn) }),
  },
  merge: {
    key: "m",
    least: 2,
    most: Infinity,
    ask: () => t("Choose the grids to merge, then say which one remains: it gives code, name and member."),
    edit: (chosen, into) => ({ op: "merge", codes: chosen, into }),
  },
  reshape: {
    key: "r",
    least: 1,
    most: 1,
    ask: () => t("Choose the grid whose edges are to move."),
  },
  course: {
    key: "c",
    least: 2,
    most: 2,
    draw: "Line",
    ask: () => t("Choose the two grids whose common edge gets a new course."),
    does: () => t("Draw the new course, from one end of the common edge to the other."),
    edit: (chosen, drawn) => ({ op: "course", codes: chosen, line: line(drawn) }),
  },
  transfer: {
    key: "t",
    least: 1,
    most: 1,
    draw: "Polygon",
    ask: () => t("Choose the grid that is to receive the ground."),
    does: () => t("Draw round the ground that it receives."),
    edit: (chosen, drawn) => ({ op: "transfer", area: area(drawn), to: chosen[0] }),
  },
  lasso: {
    key: "l",
    least: 1,
    most: 1,
    draw: "Polygon",
    ask: () => t("Choose the grid that is to receive the households."),
    does: () => t("Draw round the households that it receives; the edge is rebuilt around them."),
    edit: (chosen, drawn) => ({ op: "assign", lasso: area(drawn), to: chosen[0] }),
  },
  grow: {
    key: "g",
    least: 1,
    most: 1,
    draw: "Polygon",
    ask: () => t("Choose the grid that is to take new ground."),
    does: () => t("Draw round ground outside the plan that it takes in."),
    edit: (chosen, drawn) => ({ op: "grow", area: area(drawn), to: chosen[0] }),
  },
  trim: {
    key: "x",
    least: 0,
    most: 0,
    draw: "Polygon",
    ask: () => "",
    does: () => t("Draw round ground at the rim that the plan gives up."),
    edit: (_chosen, drawn) => ({ op: "trim", area: area(drawn) }),
  },
};

export const TOOL_OF_KEY = Object.fromEntries(Object.entries(TOOLS).map(([name, { key }]) => [key, name]));

/** The grid in which most of a line lies, of those that may be changed; "" for none. */
function crossed(drawn, grids) {
  const counts = new Map();
  for (let i = 1; i < drawn.length; i++) {
    for (let part = 0; part <= 20; part++) {
      const [x, y] = [0, 1].map((axis) => drawn[i - 1][axis] + ((drawn[i][axis] - drawn[i - 1][axis]) * part) / 20);
      const code = grids.topology.at([x, y]);
      if (grids.rows.get(code)?.editable) counts.set(code, (counts.get(code) ?? 0) + 1);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? "";
}

const button = (text, work, props = {}) => el("button", { type: "button", class: "button small", onclick: work, ...props }, text);

/** What the panel says while a tool is in hand. `state`: {tool, chosen, into, drawing, kept, reshape, grids}. */
export function renderTool(state, on) {
  const { tool, chosen, grids } = state;
  const list = chosen.length
    ? el("ul", { class: "plan-chosen", "data-key": "chosen" }, chosen.map((code) => (tool === "merge" ? remaining(code, state, on) : chip(code, state, on))))
    : "";
  // Where the same is offered as before the nodes stay, and with them the focus and a key that is held down.
  const phase = state.kept.active ? "kept" : state.drawing.active ? "drawing" : state.tool;
  const row = el("div", { class: "plan-tool-buttons", "data-key": "buttons" }, buttons(state, on));
  [...row.children].forEach((node, i) => node.setAttribute("data-key", `${phase} ${i}`));
  renew(byId("tool"), [...words(state), list, row]);
}

function words({ tool, chosen, drawing, kept, reshape, editable }) {
  const spec = TOOLS[tool];
  const line = (key, text, kind = "") => el("p", { class: kind, "data-key": key }, text);
  if (kept.active) return [line("words", kept.words())];
  if (drawing.active) return [line("words", spec.does()), line("more", drawing.words(), "quiet")];
  if (!editable) return [line("words", FINGER ? t("Tap a grid on the map or in the list to see which it is.") : t("Choose a grid on the map or in the list to see which it is."))];
  return [line("words", tool === "reshape" && chosen.length >= spec.least ? reshapeWords(reshape) : spec.ask())];
}

function reshapeWords(reshape) {
  return reshape.words() || (FINGER ? t("Drag a corner with a finger; tap an edge to put a vertex on it. The neighbours follow.") : t("Drag a corner, or an edge to put a vertex on it; the neighbours follow."));
}

function chip(code, { grids, chosen }, on) {
  const among = chosen.map((other) => grids.rows.get(other)).filter(Boolean);
  return el(
    "li",
    { "data-key": code },
    el("span", {}, nameAmong(code, among), el("i", {}, number(grids.rows.get(code)?.households))),
    el("button", { type: "button", class: "icon-button", "aria-label": t("Leave out %(name)s", { name: grids.name(code) }), onclick: () => on.leave(code) }, "×"),
  );
}

/** A chosen grid of a merge, with the choice that it is the one that remains. */
function remaining(code, state, on) {
  const { grids, into, chosen } = state;
  const { member } = grids.rows.get(code) ?? {};
  const made = chip(code, state, on);
  if (chosen.length < 2) return made;
  const radio = el("input", { type: "radio", name: "into", value: code, checked: code === into, onchange: () => on.remains(code) });
  const text = code === into ? t("remains") : t("goes into it");
  made.prepend(el("label", { class: "plan-into" }, radio, el("span", {}, [text, member].filter(Boolean).join(" · "))));
  return made;
}

function buttons({ tool, chosen, drawing, kept, reshape }, on) {
  if (kept.active) {
    return [
      button(t("Try again"), on.again, { class: "button small primary" }),
      button(t("Remove point"), on.remove, { disabled: !kept.removable, title: "Delete" }),
      button(t("Draw anew"), on.anew),
      button(t("Cancel"), on.cancel, { title: "Esc" }),
    ];
  }
  if (drawing.active) {
    return [
      button(t("Finish"), on.finish, { class: "button small primary", disabled: !drawing.enough }),
      button(t("Last point back"), on.back, { disabled: !drawing.points().length }),
      button(t("Cancel"), on.cancel),
    ];
  }
  if (tool === "merge") {
    const text = chosen.length > 1 ? tn("Merge %(n)s grid", "Merge %(n)s grids", chosen.length, { n: number(chosen.length) }) : t("Merge");
    return [button(text, on.commit, { class: "button small primary", disabled: chosen.length < 2 })];
  }
  if (tool === "reshape" && chosen.length) {
    const none = reshape.current < 0;
    return [
      button(t("Vertex before"), () => on.step(-1), { title: "," }),
      button(t("Vertex after"), () => on.step(1), { title: "." }),
      button(t("Remove vertex"), on.remove, { disabled: none, title: "Delete" }),
    ];
  }
  return [];
}

/** What the buttons of a tool do. */
export const pressed = (editor) => ({
  leave: (code) => editor.leave(code),
  finish: () => editor.drawing.finish(),
  back: () => editor.drawing.back(),
  cancel: () => editor.escape(),
  commit: () => editor.enter(),
  step: (by) => editor.step(by),
  remove: () => editor.remove(),
  again: () => editor.again(),
  anew: () => editor.use(editor.tool),
  remains: (code) => ((editor.survivor = code), editor.render()),
});

/** Mark the button of the tool in hand. */
export function pressTool(name) {
  for (const node of document.querySelectorAll("[data-tool]")) {
    node.setAttribute("aria-pressed", String(node.dataset.tool === name));
  }
}
