// What waits on this device: records that the server has not answered yet, each with whose it is.
// One sees and sends one's own; those of somebody else stay for that person, as nothing may be lost.
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

export const put = (record) => within("readwrite", (rows) => rows.put({ owner: owner(), ...record }));

export const remove = (id) => within("readwrite", (rows) => rows.delete(id));

const everybodys = () => within("readonly", (store) => store.getAll());

/** One's own records, the oldest first. */
export async function all() {
  const rows = (await everybodys()).filter((record) => record.owner === owner());
  return rows.sort((a, b) => a.kept - b.kept);
}

/** What others recorded on this device and did not send. */
export const others = async () => (await everybodys()).filter((record) => record.owner !== owner());

/** Whose records this device keeps; empty for nobody's. */
export const owner = () => localStorage.getItem(MARK) ?? "";

export const own = (name) => localStorage.setItem(MARK, name);

/** Forget one's own records, the work list, the worker that keeps it. */
export async function clear() {
  for (const record of await all().catch(() => [])) await remove(record.client_id);
  await makeRoom();
}

/** Somebody else is here: forget the work list and the worker that keeps it, and lose no record. */
export async function makeRoom() {
  localStorage.removeItem(MARK);
  if (!(await everybodys().catch(() => [])).length) await drop();
  if ("caches" in self) {
    const names = await caches.keys();
    await Promise.all(names.filter((n) => n.startsWith("gisgrid-")).map((n) => caches.delete(n)));
  }
  const workers = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.all(workers.map((worker) => worker.unregister()));
}

async function drop() {
  if (opened) (await opened.catch(() => null))?.close();
  opened = null;
  await new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
  });
}
