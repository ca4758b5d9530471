// Questions that must be answered: a native dialog, which keeps the focus and closes with Esc.
import { byId, el } from "./dom.js";
import { t } from "./i18n.js";

const TWICE_MS = 600; // within which a second press is the rest of a double click

/** A second press that comes after the dialog has gone is not for what lay under it. */
function swallow() {
  const until = performance.now() + TWICE_MS;
  const stop = (event) => {
    if (event.detail < 2 || performance.now() > until) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const kinds = ["mousedown", "mouseup", "click", "dblclick"];
  for (const kind of kinds) addEventListener(kind, stop, { capture: true });
  setTimeout(() => kinds.forEach((kind) => removeEventListener(kind, stop, { capture: true })), TWICE_MS);
}

/** While the work is done nothing can be pressed, and the dialog says so. */
async function during(box, form, word, work) {
  form.inert = true;
  box.setAttribute("aria-busy", "true");
  form.querySelector(`button[value=${word}]`).textContent = t("One moment…");
  const stay = (event) => event.preventDefault();
  box.addEventListener("cancel", stay);
  try {
    await work(word);
  } finally {
    box.removeEventListener("cancel", stay);
    box.removeAttribute("aria-busy");
    box.close(word);
  }
}

/**
 * Ask; resolves to the word of the chosen button, "" for Esc. `choices`: [word, text, kind].
 * `body` is nodes; `primary` is the kind of the button that Enter presses. `work(word)` is done while
 * the dialog still stands, so that nothing else is pressed meanwhile.
 */
export function choose({ title, body = [], choices, work = null }) {
  const box = byId("dialog");
  return new Promise((resolve) => {
    const buttons = choices.map(([word, text, kind = ""]) =>
      el("button", { class: `button ${kind}`, value: word, formnovalidate: word === "" }, text),
    );
    const form = el("form", { method: "dialog" }, el("h2", { id: "dialog-title" }, title), ...body, el("div", { class: "dialog-buttons" }, ...buttons));
    box.replaceChildren(form);
    box.returnValue = "";
    if (work) {
      form.addEventListener("submit", (event) => {
        const word = event.submitter?.value ?? "";
        if (!word) return;
        event.preventDefault();
        if (!form.inert) during(box, form, word, work);
      });
    }
    const done = () => {
      swallow();
      resolve(box.returnValue);
    };
    box.addEventListener("close", done, { once: true });
    box.showModal();
    (form.querySelector("[autofocus]") ?? buttons[0]).focus();
  });
}

export const paragraph = (text) => el("p", {}, text);

// The page is left while a dialog still says that it is at work; it is not there when one comes back.
addEventListener("pagehide", () => byId("dialog")?.close());
