// Pure: what the steps come to that are not saved yet, in the order in which they were made.

/** How many steps count, and how many there are, once all that waits is done. */
export function reckoned({ step, steps }, queue) {
  return queue.reduce(
    (at, { path }) => {
      if (path === "/undo") return { ...at, step: at.step - 1 };
      if (path === "/redo") return { ...at, step: at.step + 1 };
      return { step: at.step + 1, steps: at.step + 1 };
    },
    { step, steps },
  );
}

/** What waits behind an edit that was refused, without the undo and redo that were meant for that edit. */
export function without(queue) {
  let there = true;
  const end = queue.findIndex(({ path }) => {
    if (path !== (there ? "/undo" : "/redo")) return true;
    there = !there;
    return false;
  });
  return end < 0 ? [] : queue.slice(end);
}

/** A grid's attributes as they will be with what waits; `coming`: the code that it will have. */
export function awaited(row, queue) {
  return queue.reduce(
    (now, { body: { op, code, new_code: coming, ...rest } }) => {
      if (code !== now.coming) return now;
      if (op === "renumber") return { ...now, coming };
      if (op !== "change") return now;
      const { client_id: _, ...words } = rest;
      return { ...now, ...words };
    },
    { ...row, coming: row.code },
  );
}
