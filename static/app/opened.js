// What a page opens below its edge is brought into view, as much of it as fits.
for (const box of document.querySelectorAll("details.plan-ask")) {
  box.addEventListener("toggle", () => box.open && box.scrollIntoView({ block: "nearest" }));
}
