// Keys of the plan page. Letters choose tools; the rest depends on what is in hand.
import { TOOL_OF_KEY } from "./plantools.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FAST = 5;

const field = (node) => node.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;
const radio = (node) => node.type === "radio";
const control = (node) => node.closest("button, a, summary, [role=button]") !== null;

/** `on`: {undo, redo, tool(name), escape, enter, arrow(dx, dy), put, back, step(by), list, compare, submit}. */
export function planKeys(on) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const work = field(event.target) ? inField(event) : meaning(event, on);
    if (!work) return;
    if (work() === false) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the map would move under a corner that the arrows move
  });
}

/** In a field the keys are the field's own; Esc leaves it. */
const inField = (event) => (event.key === "Escape" ? () => event.target.blur() : null);

function meaning(event, on) {
  const { key } = event;
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) return combined(event, on);
  if (key === "Escape") return on.escape;
  // A button that has the focus is pressed by Enter and Space, as everywhere.
  if (radio(event.target) && key !== "Enter") return null;
  if (control(event.target) && (key === "Enter" || key === " ")) return null;
  if (key in ARROWS) {
    const by = event.shiftKey ? FAST : 1;
    return () => on.arrow(ARROWS[key][0] * by, ARROWS[key][1] * by);
  }
  const plain = {
    Enter: on.enter,
    " ": on.put,
    Backspace: on.back,
    Delete: on.back,
    ",": () => on.step(-1),
    ".": () => on.step(1),
    i: on.list,
    b: on.compare,
    "/": on.search,
  };
  const letter = key.toLowerCase();
  if (letter in TOOL_OF_KEY) return () => on.tool(TOOL_OF_KEY[letter]);
  return plain[key] ?? plain[letter] ?? null;
}

function combined(event, on) {
  // Shift makes it "Z", and some browsers say "Z" without it.
  const letter = event.key.toLowerCase();
  if (letter === "z") return event.shiftKey ? on.redo : on.undo;
  if (letter === "y") return on.redo;
  if (event.key === "Enter") return on.submit;
  return null;
}
