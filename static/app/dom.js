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

/**
 * Bring what `box` holds to `children`, each with its `data-key`, and keep every node that may stay: a row of the same key
 * is told what is new in it and remains the node it was, so that neither the focus nor a key held on it is lost. For rows
 * whose listeners do the same for one key, whenever they were made.
 */
export function renew(box, children) {
  const wanted = children.flat().filter(Boolean);
  const keys = new Set(wanted.map((node) => node.dataset.key));
  const kept = new Map();
  for (const node of [...box.children]) {
    if (keys.has(node.dataset.key)) kept.set(node.dataset.key, node);
    else node.remove();
  }
  let place = box.firstElementChild;
  for (const fresh of wanted) {
    const node = kept.get(fresh.dataset.key) ?? fresh;
    if (node !== fresh) tell(node, fresh);
    if (node === place) place = place.nextElementSibling;
    else box.insertBefore(node, place);
  }
}

/** Let a node look as another of its kind, without making anything anew that both have. */
function tell(node, fresh) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== fresh.data) node.data = fresh.data;
    return undefined;
  }
  for (const { name } of [...node.attributes]) if (!fresh.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    if (node.getAttribute(name) === value) continue;
    if (name === "style") node.style.cssText = value; // the page's policy lets no attribute style
    else node.setAttribute(name, value);
  }
  if (node.checked !== fresh.checked) node.checked = fresh.checked;
  if (fresh.firstElementChild?.dataset.key) return renew(node, [...fresh.children]);
  const parts = [...fresh.childNodes];
  parts.forEach((part, i) => {
    const old = node.childNodes[i];
    if (old?.nodeName === part.nodeName) tell(old, part);
    else if (old) old.replaceWith(part);
    else node.append(part);
  });
  while (node.childNodes.length > parts.length) node.lastChild.remove();
  return undefined;
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
