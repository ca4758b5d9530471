// On a phone the panel is a sheet from below: its handle moves it between three heights.
import { byId } from "./dom.js";

const STEPS = ["low", "half", "full"];

export function sheet() {
  const panel = byId("panel");
  const handle = byId("handle");
  if (!panel || !handle) return;
  const set = (step) => {
    panel.dataset.sheet = step;
    handle.setAttribute("aria-expanded", String(step !== "low"));
  };
  let startY = null;
  let moved = false;
  handle.addEventListener("pointerdown", (event) => {
    startY = event.clientY;
    moved = false;
    handle.setPointerCapture(event.pointerId);
  });
  handle.addEventListener("pointerup", (event) => {
    const by = startY === null ? 0 : event.clientY - startY;
    startY = null;
    if (Math.abs(by) < 24) return;
    moved = true;
    const at = STEPS.indexOf(panel.dataset.sheet);
    set(STEPS[Math.max(0, Math.min(2, at + (by < 0 ? 1 : -1)))]);
  });
  handle.addEventListener("click", () => {
    if (moved) return void (moved = false);
    set(STEPS[(STEPS.indexOf(panel.dataset.sheet) + 1) % STEPS.length]);
  });
  set("half");
  // The legend would hide half of a small map.
  if (matchMedia("(max-width: 719px)").matches) byId("legend").open = false;
}
