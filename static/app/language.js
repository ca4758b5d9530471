// A change of language comes back to what is shown now, not to what was first loaded.
const field = document.querySelector(".languages input[name=next]");

// The server names another page where this one must not be asked for again: that stays.
if (field && new URL(field.value, location.origin).pathname === location.pathname) {
  field.form.addEventListener("submit", () => {
    field.value = location.pathname + location.search + location.hash;
  });
}
