// Keys that work anywhere on the page; none while somebody types.
const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

/** keys: {key: work}. `Escape` also works in a field, where it leaves the field first. */
export function keys(table) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const work = table[event.key];
    if (!work) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    event.preventDefault();
    work(event);
  });
}
