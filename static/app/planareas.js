// The choice of an area for a new draft: a list that is looked through by name.
import { byId } from "./dom.js";

const filter = byId("area-filter");

/** Show the areas of which a name or the code holds all words, and the one that is chosen. */
function look() {
  const wanted = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const row of document.querySelectorAll(".plan-area")) {
    const words = row.dataset.words.toLowerCase();
    const fits = wanted.every((word) => words.includes(word));
    row.hidden = !fits && !row.querySelector("input").checked;
    found += fits;
  }
  byId("area-none").hidden = found > 0;
}

if (filter) {
  filter.hidden = false;
  filter.addEventListener("input", look);
  // Enter takes the first that is found, instead of opening the draft half filled in.
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const first = [...document.querySelectorAll(".plan-area:not([hidden]) input")].find((input) => !input.checked) ?? null;
    if (!filter.value.trim() || !first) return;
    first.checked = true;
    first.focus();
    look();
  });
}
