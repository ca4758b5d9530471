// The switch between the boundaries of the day and those of today; only where they differ.
import { byId } from "./dom.js";
import { number } from "./format.js";
import { t } from "./i18n.js";

export function renderRestate({ revision, revision_then: then, revision_today: today }) {
  byId("restate-part").hidden = then === today;
  byId("restate").checked = revision !== then;
  byId("restate-note").textContent =
    revision === then ? t("shown: those of the day, revision %(n)s", { n: number(then) }) : t("shown: revision %(n)s", { n: number(revision) });
}
