// The choice of an area for a new draft: a list that is looked through by name.
import { byId } from "./dom.js";

const filter = byId("area-filter");

/**
 * Show the areas of which a name or the code holds all words; the first of them is chosen where the
 * one that was is not among them: who types a township does not open the county.
 */
function look() {
  const wanted = filter.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...document.querySelectorAll(".plan-area")];
  const found = rows.filter((row) => wanted.every((word) => row.dataset.words.toLowerCase().includes(word)));
  const choice = (row) => row.querySelector("input");
  if (found.length && !found.some((row) => choice(row).checked)) choice(found[0]).checked = true;
  for (const row of rows) row.hidden = !found.includes(row) && !choice(row).checked;
  byId("area-none").hidden = found.length > 0;
}

if (filter) {
  filter.hidden = false;
  filter.addEventListener("input", look);
  // Enter goes on to what is chosen, instead of opening the draft half filled in.
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (filter.value.trim()) document.querySelector(".plan-area input:checked")?.focus();
  });
}
