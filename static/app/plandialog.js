// Questions that must be answered: a native dialog, which keeps the focus and closes with Esc.
import { byId, el } from "./dom.js";

/**
 * Ask; resolves to the word of the chosen button, "" for Esc. `choices`: [word, text, kind].
 * `body` is nodes; `primary` is the kind of the button that Enter presses.
 */
export function choose({ title, body = [], choices }) {
  const box = byId("dialog");
  return new Promise((resolve) => {
    const buttons = choices.map(([word, text, kind = ""]) =>
      el("button", { class: `button ${kind}`, value: word, formnovalidate: word === "" }, text),
    );
    const form = el("form", { method: "dialog" }, el("h2", { id: "dialog-title" }, title), ...body, el("div", { class: "dialog-buttons" }, ...buttons));
    box.replaceChildren(form);
    box.returnValue = "";
    box.addEventListener("close", () => resolve(box.returnValue), { once: true });
    box.showModal();
    (form.querySelector("[autofocus]") ?? buttons[0]).focus();
  });
}

export const paragraph = (text) => el("p", {}, text);
