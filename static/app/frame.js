// What every page does: "/" leads to the search box, and a change of language comes back to what is
// shown now, not to what was first loaded.
import { byId } from "./dom.js";
import { keys } from "./keyboard.js";
import { plainText } from "./state.js";

const box = byId("search");
if (box) keys({ "/": () => document.querySelector("dialog[open]") || box.focus() });

// On a phone the names of the pages lie side by side; the one that is open is seen.
const nav = document.querySelector(".site-nav");
const open = nav?.querySelector("[aria-current]");
if (open) nav.scrollLeft = open.offsetLeft + open.offsetWidth - nav.clientWidth;

const field = document.querySelector(".languages input[name=next]");

// The server names another page where this one must not be asked for again: that stays.
if (field && plainText(new URL(field.value, location.origin).pathname) === plainText(location.pathname)) {
  field.form.addEventListener("submit", () => {
    field.value = location.pathname + location.search + location.hash;
  });
}

// A form whose answer takes a while says so, and is sent once.
for (const form of document.querySelectorAll("form[data-busy]")) {
  form.addEventListener("submit", (event) => {
    if (form.getAttribute("aria-busy")) return event.preventDefault();
    form.setAttribute("aria-busy", "true");
    const told = document.createElement("div");
    told.className = "busy";
    told.setAttribute("role", "status");
    told.append(form.dataset.busy, document.createElement("progress"));
    form.append(told);
  });
}
// A file that is too large is told before it is sent: a proxy or the server would break off in words of its own.
for (const field of document.querySelectorAll("input[type=file][data-most]")) {
  field.addEventListener("change", () => {
    const size = [...field.files].reduce((sum, file) => sum + file.size, 0);
    const over = size > field.dataset.most * 1024 ** 2;
    field.setCustomValidity(over ? field.dataset.tooLarge : "");
    if (over) field.reportValidity();
  });
}
// What goes with some choices alone (data-only="what:grids,areas") stands beside those; without
// this script all of it stands there, and the server leaves aside what does not belong.
for (const part of document.querySelectorAll("[data-only]")) {
  const [name, values] = part.dataset.only.split(":");
  const choice = part.closest("form").elements[name];
  const fit = () => {
    part.hidden = !values.split(",").includes(choice.value);
    part.querySelectorAll("input, select").forEach((field) => (field.disabled = part.hidden));
  };
  choice.addEventListener("change", fit);
  addEventListener("pageshow", fit);
  fit();
}
// Back from the answer, the form is as it was.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document.querySelectorAll("form[aria-busy]").forEach((form) => form.removeAttribute("aria-busy"));
  document.querySelectorAll(".busy").forEach((told) => told.remove());
});
