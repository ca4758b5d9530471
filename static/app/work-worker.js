// Keeps one's own work list, and the files that show it, for when the line is down. Nothing else.
// The server puts three constants in front: BASE (address of the static files), FILES, WORDS.
const CACHE = `gisgrid-work-${BASE}`;
const KEPT_MS = 14 * 24 * 3600 * 1000;
const LINE_MS = 6000; // a line that is as good as down

self.addEventListener("install", (event) => {
  event.waitUntil(keepFiles().then(() => self.skipWaiting()));
});
self.addEventListener("activate", (event) => {
  event.waitUntil(Promise.all([self.clients.claim(), tidy(aged)]));
});

self.addEventListener("message", (event) => {
  if (typeof event.data?.page === "string") event.waitUntil(keepPage(event.data.page));
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate" && url.pathname === "/work") {
    event.respondWith(list(event, url));
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(file(event.request));
  }
});

async function keepFiles() {
  const cache = await caches.open(CACHE);
  for (const address of FILES) if (!(await cache.match(address))) await cache.add(address);
}

async function keepPage(page) {
  const answer = await fetch(page, { credentials: "same-origin" });
  // The files first: a list that is kept can be worked with.
  if (answer.headers.get("X-Gisgrid-Keep") === "1") await keepFiles();
  if (!(await keep(new URL(page, self.location.origin), answer))) return;
  const names = await caches.keys();
  // An older version of the list goes when a newer one is whole.
  await Promise.all(
    names.filter((n) => n.startsWith("gisgrid-work-") && n !== CACHE).map((n) => caches.delete(n)),
  );
}

/** Keep a list, read to its end, if the server says that it may be kept: one's own grid. */
async function keep(url, answer) {
  if (answer.redirected || answer.type === "opaqueredirect") {
    await forget(); // the session is over
    return false;
  }
  if (answer.status === 401 || answer.status === 403) await forget(); // so is the right to a list
  const whose = answer.headers.get("X-Gisgrid-Whose");
  if (!answer.ok || !whose) return false;
  // First what is no more to be here: it goes also where the device is too full for the new one.
  await tidy((copy) => aged(copy) || copy.headers.get("X-Gisgrid-Whose") !== whose);
  if (answer.headers.get("X-Gisgrid-Keep") !== "1") return false;
  const headers = new Headers(answer.headers);
  headers.set("X-Kept-At", String(Date.now()));
  const copy = new Response(await answer.blob(), { status: 200, headers });
  await (await caches.open(CACHE)).put(url.pathname + url.search, copy);
  return true;
}

/** Whether a copy was kept longer ago than it may be, or nobody knows when. */
function aged(copy) {
  const age = Date.now() - Number(copy.headers.get("X-Kept-At") ?? Number.NaN);
  return !(age <= KEPT_MS);
}

/** Delete the kept lists that `goes(copy)` says. */
async function tidy(goes) {
  const names = await caches.keys();
  for (const name of names.filter((n) => n.startsWith("gisgrid-work-"))) {
    const cache = await caches.open(name);
    for (const request of await cache.keys()) {
      if (new URL(request.url).pathname !== "/work") continue;
      const copy = await cache.match(request);
      if (!copy || goes(copy)) await cache.delete(request);
    }
  }
}

const forget = () => tidy(() => true);

async function list(event, url) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), LINE_MS);
  try {
    const answer = await fetch(event.request, { signal: stop.signal });
    clearTimeout(timer);
    // Beside the page: a device that is full shows what the server answered all the same.
    event.waitUntil(keep(url, answer.clone()).catch(() => {}));
    return answer;
  } catch {
    clearTimeout(timer);
    return (await kept(url.pathname + url.search)) ?? (await kept("/work")) ?? nothing();
  }
}

async function kept(address) {
  await tidy(aged);
  return (await caches.match(address)) ?? null;
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}

function nothing() {
  const page = `<!doctype html><html lang="${WORDS.lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>gisgrid</title><h1>${WORDS.title}</h1><p>${WORDS.text}</p></html>`;
  return new Response(page, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
