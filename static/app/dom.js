// Elements without markup: text goes in as text, whatever it holds.
const SVG = "http://www.w3.org/2000/svg";

function build(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "vars") for (const [k, v] of Object.entries(value)) node.style.setProperty(k, v);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** `el("p", {class: "note"}, "text", other)`; `on…` adds a listener, `vars` sets CSS variables. */
export const el = (tag, props, ...children) => build(document.createElement(tag), props, children);

export const svg = (tag, props, ...children) =>
  build(document.createElementNS(SVG, tag), props, children);

export const byId = (id) => document.getElementById(id);

const CAN_HAVE_FOCUS = "a[href], button, input, select, summary";

/**
 * Put `children` in the place of what `box` holds. Who works by keyboard loses nothing: the focus
 * stays on the row of the same `data-key`, else on what stands at the same place; where the rows are
 * others, it goes to the first of them. What was opened (`<details>`) stays open.
 */
export function swap(box, ...children) {
  const now = document.activeElement;
  const inside = now !== box && box.contains(now);
  const key = inside && now.closest("[data-key]")?.dataset.key;
  const place = inside ? [...box.querySelectorAll(CAN_HAVE_FOCUS)].indexOf(now) : -1;
  const byKeyboard = inside && now.matches(":focus-visible");
  const opened = box.querySelector("details")?.open;
  box.replaceChildren(...children.flat().filter(Boolean));
  const details = box.querySelector("details");
  if (opened && details) details.open = true;
  if (!inside) return;
  const focusable = [...box.querySelectorAll(CAN_HAVE_FOCUS)];
  const same = key ? focusable.find((node) => node.closest("[data-key]")?.dataset.key === key) : focusable[place];
  (same ?? (byKeyboard ? focusable[0] : null))?.focus({ preventScroll: Boolean(same) });
}

/** `work`, at most once a frame, with the latest arguments. */
export function eachFrame(work) {
  let latest = null;
  return (...args) => {
    if (latest === null) {
      requestAnimationFrame(() => {
        const now = latest;
        latest = null;
        work(...now);
      });
    }
    latest = args;
  };
}

/** `work` when nothing has called for `wait` milliseconds. */
export function settled(work, wait) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...args), wait);
  };
}
