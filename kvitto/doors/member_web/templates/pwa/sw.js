// Kvitto's worker. Two caches: the shell (nothing personal), and one with the member's card alone, which must open in a
// shop without network. No other page of a member is ever kept.
const SHELL = "shell-{{ version }}";
const PERSONAL = "personal";
const ASSETS = {{ assets|safe }};
const CARD = "{% url 'card' %}";
const OFFLINE = "{% url 'offline' %}";
const FORGETTING = ["/sign-in", "/sign-out", "/activate/set", "/demo/sign-in"]; // somebody comes or goes
const RESTYLING = ["/language", "/theme"];
const ANY = { ignoreVary: true }; // cookies decide what a page looks like, and a worker cannot see them

const forget = () => caches.delete(PERSONAL);
const offline = () => caches.match(OFFLINE, ANY);
const online = request => fetch(request).catch(offline);

addEventListener("install", event => {
  skipWaiting();
  const all = [...ASSETS, new Request(OFFLINE, { cache: "reload" })];
  event.waitUntil(caches.open(SHELL).then(cache => cache.addAll(all)));
});

addEventListener("activate", event => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (![SHELL, PERSONAL].includes(name)) await caches.delete(name);
  await clients.claim();
  if (await caches.match(CARD, ANY)) await renewCard().catch(() => {}); // it names the last version's stylesheet
})()));

addEventListener("message", event => { if (event.data === "card") event.waitUntil(renewCard().catch(() => {})); });

addEventListener("fetch", event => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || pathname.startsWith("/staff")) return;
  if (request.method === "POST" && FORGETTING.includes(pathname)) event.respondWith(forgetting(request));
  else if (request.method === "POST" && RESTYLING.includes(pathname)) event.respondWith(restyling(request));
  else if (request.method === "GET" && request.mode === "navigate" && pathname === CARD) event.respondWith(card(event));
  else if (request.mode === "navigate") event.respondWith(online(request));
  else if (pathname.startsWith("/static/")) event.respondWith(asset(request));
});

// The version asked for; without network any version is better than none.
async function asset(request) {
  return await caches.match(request, ANY)
    ?? fetch(request).catch(async () => await caches.match(request, { ...ANY, ignoreSearch: true }) ?? Response.error());
}

// At once when it is kept, and renewed behind it. The cache is opened before the network is asked: an answer that is
// late, after somebody signed out, goes into the cache that was deleted.
async function card(event) {
  const cache = await caches.open(PERSONAL);
  const fresh = fetch(event.request).then(response => keep(cache, response));
  const kept = await cache.match(CARD, ANY);
  if (!kept) return fresh.catch(offline);
  event.waitUntil(fresh.catch(() => {}));
  return kept;
}

async function renewCard() {
  const cache = await caches.open(PERSONAL);
  await keep(cache, await fetch(CARD, { redirect: "manual" }));
}

// The server marks the card itself. A redirect to the sign-in page leaves what is kept; a page without a card ends it.
async function keep(cache, response) {
  if (response.ok && response.headers.get("Kvitto-Keep") === "card") await cache.put(CARD, response.clone());
  else if (response.ok) await cache.delete(CARD);
  return response;
}

async function forgetting(request) {
  await forget();
  try {
    return await online(request);
  } finally {
    await forget();
  }
}

async function restyling(request) {
  const response = await online(request);
  const kept = await caches.match(CARD, ANY);
  const renewed = [caches.open(SHELL).then(cache => cache.add(new Request(OFFLINE, { cache: "reload" })))];
  if (kept) renewed.push(renewCard());
  await Promise.allSettled(renewed);
  return response;
}
