// One draft at the server. Every write says which version it was made on; a stale one is refused.
import { address, ask, post } from "./api.js";

const versionOf = (answer) => Number(answer.headers.get("ETag")?.match(/v(\d+)/)?.[1] ?? 0);

export class Draft {
  constructor(id) {
    this.id = id;
    this.base = `/api/v1/drafts/${encodeURIComponent(id)}`;
    this.version = 0;
  }

  /** Read below the draft: {body, version}, version 0 where the answer names none. */
  async read(path = "", args = {}, options = {}) {
    const answer = await ask(address(this.base + path, args), options);
    return { body: await answer.json(), version: versionOf(answer) };
  }

  /** The draft itself; from now on writes are made on the version that it has. */
  async open() {
    const { body } = await this.read();
    this.version = body.version;
    return body;
  }

  /** Do `path` ("/edits", "/undo", "/submit", …) on the version that is shown, or that it was meant for. */
  async write(path, body, version = this.version) {
    const answer = await post(this.base + path, body, { version });
    if (answer.version) this.version = answer.version;
    return answer;
  }

  /** What an edit would give; stores nothing. */
  async tried(edit, signal) {
    return post(`${this.base}/edits?dry_run=true`, edit, { version: this.version, signal });
  }
}

/** The steps that could not be sent, in order; kept in this tab until they are sent or given up. */
export class Unsent {
  constructor(id) {
    this.key = `gisgrid-unsent-${id}`;
  }

  keep(steps) {
    try {
      if (steps.length) sessionStorage.setItem(this.key, JSON.stringify(steps));
      else sessionStorage.removeItem(this.key);
    } catch {
      // A browser without storage still has them in memory.
    }
  }

  found() {
    try {
      const found = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
      return Array.isArray(found) ? found : [];
    } catch {
      return [];
    }
  }
}
