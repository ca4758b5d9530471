// What an edit would do, asked of the server while a corner still moves, and said beside it.
import { settled } from "./dom.js";
import { t } from "./i18n.js";
import * as figures from "./planfigures.js";
import { faultsOf } from "./plansaving.js";

const AFTER_MS = 90;

export class Trial {
  /** `busy()`: whether the corner is still in hand. */
  constructor(map, draft, busy) {
    Object.assign(this, { map, draft, busy });
    this.under = null;
    this.ask = settled((edit, point) => this.asked(edit, point), AFTER_MS);
  }

  moving(edit, point, broken) {
    if (broken) return figures.tip(this.map, point, { sentences: [t("An edge would cross another here.")] });
    return this.ask(edit, point);
  }

  async asked(edit, point) {
    if (!this.busy()) return;
    this.under?.abort();
    this.under = new AbortController();
    const show = (what) => this.busy() && figures.tip(this.map, point, what);
    try {
      const { impact } = await this.draft.tried({ op: "reshape", ...edit }, this.under.signal);
      show({ impact });
    } catch (error) {
      const found = faultsOf(error);
      if (found.length) show({ sentences: found.map((fault) => fault.sentence) });
    }
  }
}
