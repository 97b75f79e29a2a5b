// Shows in the preview what `handbill watch` tells. It asks for nothing but the preview's own files.
"use strict";

const at = id => document.getElementById(id);
const frame = at("web");
let latest = null, page = "";

/** Keep letters and digits: a finding names its text by them. */
const letters = text => text.replace(/[^\p{L}\p{N}\p{M}]+/gu, "");

/** Put another page into the frame, where the reader is. */
function swap(html) {
  const inside = frame.contentDocument, scroller = inside.scrollingElement;
  const top = scroller ? scroller.scrollTop : 0;
  // The frame's own parser, which knows what the frame may load.
  const next = new frame.contentWindow.DOMParser().parseFromString(html, "text/html");
  inside.replaceChild(inside.adoptNode(next.documentElement), inside.documentElement);
  inside.documentElement.scrollTop = top;
}

/** Find the smallest part of the page that holds these letters. */
function place(words) {
  let found = null;
  for (const part of frame.contentDocument.body.querySelectorAll("*"))
    if (!part.closest("style") && letters(part.textContent).includes(words)) found = part;
  return found;
}

function mark(finding) {
  const part = finding.words && place(finding.words);
  if (!part) return null;
  part.dataset.found = `${part.dataset.found ?? ""} ${finding.severity}`.trim();
  part.dataset.rule = [part.dataset.rule, finding.rule].filter(Boolean).join(", ");
  return part;
}

function list(findings) {
  for (const part of frame.contentDocument.querySelectorAll("[data-found]"))
    for (const name of ["found", "rule"]) delete part.dataset[name];
  at("findings").replaceChildren(...findings.map(finding => {
    const row = at("finding").content.cloneNode(true).firstElementChild;
    for (const name of ["rule", "message", "place", "hint"])
      row.querySelector(`.${name}`).textContent = finding[name];
    row.querySelector(".rule").textContent += ` (${finding.severity}):`;
    row.classList.add(finding.severity);
    const part = mark(finding), button = row.querySelector("button");
    button.hidden = !part;
    button.addEventListener("click", () => part.scrollIntoView({ block: "center" }));
    return row;
  }));
  at("found").hidden = !findings.length;
}

/** Show pictures of pages; those that stay are left alone, and so is the place of the reader. */
function sheets(names) {
  const box = at("sheets");
  while (box.children.length > names.length) box.lastElementChild.remove();
  names.forEach((name, index) => {
    const picture = box.children[index] ?? box.appendChild(new Image());
    const address = `/sheets/${name}`;
    if (picture.getAttribute("src") !== address) picture.src = address;
    picture.alt = `Sheet ${index + 1} of ${names.length}, as printed`;
  });
  at("paper").hidden = !names.length;
}

function show(sight) {
  latest = sight;
  if (sight.page !== null) page = sight.page;
  if (!frame.contentDocument?.body || frame.contentDocument.URL === "about:blank") return;
  if (page !== null && page !== swap.shown) swap(swap.shown = page);
  list(sight.findings);
  sheets(sight.sheets);
  document.body.dataset.state = sight.state;
  document.body.classList.toggle("is-setting", sight.setting);
  document.body.classList.remove("is-lost");
  at("pages").textContent = sight.setting ? " (being printed)"
    : sight.sheets.length ? `, ${sight.sheets.length} sheets` : "";
  at("everything").textContent = sight.everything
    && `The whole project, all leaflets and languages: ${sight.everything}.`;
  if (at("status").textContent !== sight.status) at("status").textContent = sight.status;
}

frame.addEventListener("load", () => latest && show(latest));
const events = new EventSource(`${location.pathname}/events`);
events.addEventListener("sight", event => show(JSON.parse(event.data)));
events.addEventListener("error", () => {
  document.body.classList.add("is-lost");
  at("status").textContent = "Not connected: is handbill watch still running? What is shown may be old.";
});
