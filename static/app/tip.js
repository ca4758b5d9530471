// What lies under the pointer: its name and figures beside it, its row in the list lit.
import { byId, el } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";
import { MEASURES } from "./palette.js";

/** Show the figures of a row of the overview at a point of the map; nothing for none. */
export function showTip(map, row, point) {
  for (const lit of document.querySelectorAll("#list-body tr.is-lit")) lit.classList.remove("is-lit");
  const tip = byId("tip");
  tip.hidden = !row;
  if (!row) return;
  const line = document.querySelector(`#list-body tr[data-code="${CSS.escape(row.code)}"]`);
  line?.classList.add("is-lit");
  const share = MEASURES.share.text(MEASURES.share.value(row));
  tip.replaceChildren(
    el("b", {}, row.name || row.code),
    el("span", {}, `${share} ${t("in a gap")} · ${number(row.gap)} / ${number(row.households)}`),
    el(
      "span",
      {},
      t("%(open)s open cases, %(overdue)s overdue", {
        open: number(row.open),
        overdue: number(row.overdue_cases),
      }),
    ),
  );
  const size = map.getSize();
  const x = Math.min(point.x + 16, size.x - tip.offsetWidth - 8);
  const y = Math.min(point.y + 16, size.y - tip.offsetHeight - 8);
  tip.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
}
