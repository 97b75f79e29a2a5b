// What a program adds to pages that are whole without it: search, and reading without a network.
// No third party, no cookie, nothing about readers is stored or sent.

/** Marks that nobody types: accents, Arabic vowel signs and tatweel, joiners, nukta. */
const MARKS =
  /[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u09bc\u0a3c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
/** Letters that are written for one another: by keyboards, by neighbours, in a hurry. */
const ALIKE = {
  آ: "ا", أ: "ا", إ: "ا", ٱ: "ا", ى: "ي", ی: "ي", ئ: "ي", ې: "ي", ؤ: "و", ة: "ه", ہ: "ه", ھ: "ه",
  ە: "ه", ۀ: "ه", ۂ: "ه", ک: "ك", ں: "ن", ے: "ي", ٹ: "ت", ڈ: "د", ڑ: "ر",
  ł: "l", ø: "o", đ: "d", ħ: "h", ı: "i", ŧ: "t", æ: "ae", œ: "oe", ß: "ss", ё: "е", ґ: "г",
};
const ALIKES = new RegExp(`[${Object.keys(ALIKE).join("")}]`, "gu");
/** Writing without spaces between words: pairs of letters are looked for, whichever words they
 * make. A browser's own segmenter would cut a word alone otherwise than in a sentence. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu;
const ZEROS = [0x660, 0x6f0, 0x966, 0x9e6, 0xa66, 0xbe6, 0xe50, 0xed0, 0x1040, 0x17e0];

/** Write a text as it is compared: without case, marks, or the ways to write one letter. */
export function normalise(text) {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .normalize("NFD")
    .replace(MARKS, "")
    .normalize("NFC")
    .replace(ALIKES, (letter) => ALIKE[letter])
    .replace(/\p{Nd}/gu, (digit) => {
      const code = digit.codePointAt(0);
      const zero = ZEROS.find((first) => code >= first && code < first + 10);
      return zero ? String(code - zero) : digit;
    });
}

/** Cut a text into what is looked for: words, codes without their stop, pairs of letters.
 * A pair says more than a letter; single letters are kept for who has typed only one. */
export function terms(text, { query = false } = {}) {
  const found = [];
  const plain = normalise(text).replace(/\b([a-z]\d{2})\.(\d{1,4})\b/g, "$1$2");
  for (const word of plain.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []) {
    for (const piece of word.split(UNSPACED)) if (piece) found.push(piece);
    for (const [run] of word.matchAll(UNSPACED)) {
      const letters = [...run];
      if (letters.length === 1 || !query) found.push(...letters);
      for (let at = 1; at < letters.length; at += 1) found.push(letters[at - 1] + letters[at]);
    }
  }
  return found;
}

const spaced = (term) => !term.match(UNSPACED);
const root = new URL(document.body.dataset.root || "./", location.href);
const tag = document.documentElement.lang;

/** Make the index of a clinic's leaflets; `documents` are the rows of search.json. */
export async function index(documents) {
  const { default: MiniSearch } = await import("./minisearch-7.2.0.js");
  const found = new MiniSearch({
    fields: ["title", "words", "codes", "summary"],
    idField: "page",
    tokenize: (text) => terms(text),
    processTerm: (term) => term,
    searchOptions: {
      tokenize: (text) => terms(text, { query: true }),
      boost: { title: 4, words: 3, codes: 5 },
      prefix: (term) => spaced(term) && term.length > 1,
      // One slip in a word of five letters, two in one of seven; none in a number or a code.
      fuzzy: (term) => spaced(term) && !/\d/.test(term) && (term.length > 6 ? 2 : term.length > 4 && 1),
      combineWith: "AND",
    },
  });
  found.addAll(documents.map((row) => ({ ...row, words: row.words.join("\n"), codes: row.codes.join("\n") })));
  return found;
}

/** Return the leaflets that are meant, best first: of each the one in the chosen language, or in
 * the page's; and the one that was found, if only other languages have what was typed. */
export function find(searched, documents, { text, language, format, own }) {
  const hits = text
    ? [searched.search(text), searched.search(text, { combineWith: "OR" })].find((list) => list.length) ?? []
    : documents.map((row) => ({ id: row.page, score: 0 }));
  const pages = new Map(documents.map((row) => [row.page, row]));
  const met = new Set(hits.map(({ id }) => id));
  const best = new Map();
  for (const { id, score } of hits) {
    const row = pages.get(id);
    if (!best.has(row.leaflet)) best.set(row.leaflet, { score, row });
  }
  const shown = [];
  for (const [leaflet, { score, row }] of best) {
    const rows = documents.filter((other) => other.leaflet === leaflet);
    const inTongue = (wanted) => rows.find((other) => other.language === wanted);
    const here = inTongue(language || own);
    const chosen = language || (here && met.has(here.page)) ? [here] : [here, row];
    for (const one of chosen) {
      if (one && (!format || one.formats.includes(format))) shown.push({ score, row: one });
    }
  }
  const first = ({ row }) => (row.language === (language || own) ? 0 : 1);
  return shown.sort((a, b) => first(a) - first(b) || b.score - a.score).map(({ row }) => row);
}

function search(form) {
  const [field, tongue, format] = ["q", "l", "f"].map((id) => document.getElementById(id));
  const [list, told, all] = ["results", "told", "all"].map((id) => document.getElementById(id));
  const card = document.getElementById("card");
  const names = Object.fromEntries([...format.options].map((option) => [option.value, option.text]));
  let loaded = null;
  let waiting = 0;
  const load = () => {
    loaded ??= fetch(form.dataset.search)
      .then((response) => response.json())
      .then(async (rows) => [await index(rows), rows])
      .catch((error) => {
        loaded = null;
        throw error;
      });
    return loaded;
  };
  const digits = [...form.dataset.digits];
  const count = (number) => String(number).replace(/\d/g, (digit) => digits[digit]);

  async function show() {
    const asked = { text: field.value.trim(), language: tongue.value, format: format.value };
    const is = Object.values(asked).some(Boolean);
    const kept = new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
    history.replaceState(null, "", is ? `#${kept}` : location.pathname);
    all.hidden = is;
    list.hidden = !is;
    if (!is) {
      told.textContent = "";
      list.replaceChildren();
      return;
    }
    const [searched, rows] = await load();
    const found = find(searched, rows, { ...asked, own: tag });
    list.replaceChildren(
      ...found.map((row) => {
        const item = card.content.cloneNode(true);
        const link = item.querySelector("a");
        link.href = new URL(row.page, root);
        link.textContent = row.title;
        link.hreflang = row.language;
        const [summary, formats] = item.querySelectorAll("p > span, .formats");
        summary.textContent = row.summary;
        formats.textContent = row.formats.map((name) => names[name] ?? name).join(" · ");
        for (const part of [link, summary]) {
          part.lang = row.language;
          part.dir = row.direction;
        }
        if (!row.draft) item.querySelector(".badge").remove();
        return item;
      }),
    );
    told.textContent = found.length
      ? form.dataset.found.replace("{count}", count(found.length))
      : form.dataset.nothing;
  }

  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 150);
  };
  field.addEventListener("focus", load, { once: true });
  field.addEventListener("input", soon);
  tongue.addEventListener("change", show);
  format.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  document.getElementById("clear").addEventListener("click", () => {
    form.reset();
    show();
    field.focus();
  });
  form.hidden = false;
  const before = new URLSearchParams(location.hash.slice(1));
  field.value = before.get("text") ?? "";
  tongue.value = before.get("language") ?? "";
  format.value = before.get("format") ?? "";
  if (field.value || tongue.value || format.value) show();
}

/** Keep the page, and its language's other pages, for a time without a network. */
async function keep() {
  if (!("serviceWorker" in navigator)) return;
  await navigator.serviceWorker.register(new URL("sw.js", root), { scope: root });
  const { active } = await navigator.serviceWorker.ready;
  const clinic = document.body.dataset.clinic;
  // What this page has loaded, its fonts and picture too; then the other pages of its language.
  const pages = [location.href, ...performance.getEntriesByType("resource").map(({ name }) => name)];
  if (clinic) {
    const data = new URL(`${clinic}/-/search.json`, root);
    const rows = await fetch(data).then((response) => response.json());
    pages.push(data, new URL(`${clinic}/`, root), new URL(`${clinic}/-/${tag}/`, root));
    pages.push(...rows.filter((row) => row.language === tag).map((row) => new URL(row.page, root)));
  }
  active.postMessage({ keep: pages.map(String) });
}

const form = document.getElementById("search");
if (form) search(form);
keep().catch(() => {}); // the page is whole without
