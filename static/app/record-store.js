// What waits on this device: records that the server has not answered yet, and whose they are.
// No name of a household is kept here; the work list itself is kept by work-worker.js.
const NAME = "gisgrid";
const MARK = "gisgrid-owner"; // says without opening anything that this device keeps records

let opened = null;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("records", { keyPath: "client_id" });
    };
    asked.onsuccess = () => {
      // Another page clears the device: let go, or it would wait for ever.
      asked.result.onversionchange = () => {
        asked.result.close();
        opened = null;
      };
      resolve(asked.result);
    };
    asked.onerror = () => {
      opened = null;
      reject(asked.error);
    };
  });
  return opened;
}

async function within(mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    // strict: on the disk before we say that it is kept.
    const change = db.transaction("records", mode, { durability: "strict" });
    const asked = work(change.objectStore("records"));
    change.oncomplete = () => resolve(asked?.result);
    change.onerror = change.onabort = () => reject(change.error);
  });
}

export const put = (record) => within("readwrite", (rows) => rows.put(record));

export const remove = (id) => within("readwrite", (rows) => rows.delete(id));

/** All records, the oldest first. */
export async function all() {
  const rows = await within("readonly", (store) => store.getAll());
  return rows.sort((a, b) => a.kept - b.kept);
}

/** Whose records this device keeps; empty for nobody's. */
export const owner = () => localStorage.getItem(MARK) ?? "";

export const own = (name) => localStorage.setItem(MARK, name);

/** Forget everything: records, the work list, the worker that keeps it. */
export async function clear() {
  localStorage.removeItem(MARK);
  if (opened) (await opened.catch(() => null))?.close();
  opened = null;
  await new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
  });
  if ("caches" in self) {
    const names = await caches.keys();
    await Promise.all(names.filter((n) => n.startsWith("gisgrid-")).map((n) => caches.delete(n)));
  }
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(workers.map((worker) => worker.unregister()));
}
