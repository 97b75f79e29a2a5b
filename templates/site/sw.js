// Reading without a network. With one, every page comes from it: what is kept is never shown as
// current. handbill writes SITE before this: its version, files to keep, and words.

const SCOPE = self.registration.scope;
// Sites on one host share their caches: each has its own names.
const OWN = `handbill ${SCOPE} `;
const CACHE = OWN + SITE.version;

/** What is kept has no query: `site.css?1` and `site.css?2` are one file. */
const named = (address) => {
  const url = new URL(address, SCOPE);
  url.search = url.hash = "";
  return url.href;
};

async function fresh(cache, address) {
  const response = await fetch(named(address), { cache: "no-cache" });
  if (response.status === 200) await cache.put(named(address), response);
}

/** Fetch anew all that an earlier version had kept. */
async function renew(cache) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(OWN) || name === CACHE) continue;
    const old = await caches.open(name);
    for (const { url } of await old.keys()) {
      if (await cache.match(url)) continue;
      try {
        await fresh(cache, url);
      } catch {
        // The network has gone: the old copy says that it is one.
        const copy = await old.match(url);
        if (copy) await cache.put(url, copy);
      }
    }
  }
}

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await Promise.all(SITE.keep.map((path) => fresh(cache, path)));
      await renew(cache);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys())
        if (name.startsWith(OWN) && name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", (event) => {
  const pages = event.data?.keep ?? [];
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      for (const page of pages)
        if (page.startsWith(SCOPE) && !(await cache.match(named(page))))
          await fresh(cache, page).catch(() => {});
    })(),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(SCOPE)) event.respondWith(answer(event));
});

async function answer(event) {
  const { request } = event;
  const cache = await caches.open(CACHE);
  let response;
  try {
    response = await fetch(request, { cache: "no-cache" });
  } catch {
    response = null;
  }
  if (response && response.status < 500) {
    if (response.status === 200) event.waitUntil(cache.put(named(request.url), response.clone()));
    return response;
  }
  const copy = await cache.match(named(request.url));
  if (copy) return noted(copy, request.url);
  if (response) return response;
  return request.mode === "navigate" ? nothing(request.url) : Response.error();
}

/** Return the words of the language that an address names, or of the site's own. */
function words(address) {
  const parts = new URL(address).pathname.split("/");
  return SITE.words[parts.find((part) => part in SITE.words) ?? SITE.source];
}

const note = ({ tag, direction }, text, style = "") =>
  `<p class="offline" role="status" lang="${tag}" dir="${direction}"${style}>${text}</p>`;

/** Say on a page that it comes from the device. */
async function noted(copy, address) {
  if (!(copy.headers.get("content-type") ?? "").startsWith("text/html")) return copy;
  const html = await copy.text();
  const said = words(address);
  // A leaflet's own page has styles of its own, and no rule against more.
  const own = /<html[^>]* class="site"/.test(html);
  const style = own ? "" : ' style="border: 2px solid; font-weight: bold; padding: 0.75rem"';
  const body = html.replace(/<body\b[^>]*>/, (start) => start + note(said, said.old, style));
  return new Response(body, { headers: { "content-type": "text/html; charset=utf-8" } });
}

function nothing(address) {
  const said = words(address);
  const html =
    `<!DOCTYPE html><html lang="${said.tag}" dir="${said.direction}"><meta charset="utf-8">` +
    `<meta name="viewport" content="width=device-width"><title>${said.none}</title>` +
    `<main><h1>${said.none}</h1><p><a href="${SCOPE}">${SCOPE}</a></p></main></html>`;
  return new Response(html, {
    status: 503,
    headers: { "content-type": "text/html; charset=utf-8" },
  });
}
