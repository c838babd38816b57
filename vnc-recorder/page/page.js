// The frame of all pages: who is here, where one can go, and the page that the address asks for.

import { change, identify, may } from "./api.js";
import { $, element, say } from "./dom.js";
import { language, text } from "./texts.js";

/** Each page: its address, the right to see it, its module. The first that fits is shown. */
const PAGES = [
  { place: "consoles", address: "/", pattern: /^\/$/, module: "./consoles.js", right: "view" },
  { place: "sessions", address: "/sessions", pattern: /^\/sessions$/, module: "./sessions.js", right: "view" },
  { place: "recordings", address: "/recordings", pattern: /^\/recordings$/, module: "./recordings.js", right: "replay" },
  { pattern: /^\/console\/([^/]+)\/([^/]+)$/, module: "./console.js" },
  { pattern: /^\/watch\/([^/]+)$/, module: "./console.js" },
  { pattern: /^\/recordings\/([^/]+)$/, module: "./player.js" },
];

async function begin() {
  const me = await identify();
  $("login").hidden = me !== null;
  $("main").hidden = me === null;
  $("user").hidden = !me || me.name === "";
  $("user-name").textContent = me ? me.name : "";
  $("logout").hidden = !me || !me.session;
  if (me === null) {
    $("login-name").focus();
    return;
  }
  const page = PAGES.find(({ pattern }) => pattern.test(location.pathname));
  $("places").replaceChildren(...PAGES.filter(({ place, right }) => place && may(right)).map(({ place, address }) => {
    const link = element("a", { href: address }, text[place]);
    if (page.place === place) link.setAttribute("aria-current", "page");
    return link;
  }));
  document.title = text[page.place] || text.consoles;
  const { show } = await import(page.module);
  await show($("main"), page.pattern.exec(location.pathname).slice(1).map(decodeURIComponent));
}

async function logIn(event) {
  event.preventDefault();
  $("login-error").textContent = "";
  try {
    await change("POST", "session", { name: $("login-name").value, password: $("login-password").value });
  } catch (error) {
    $("login-error").textContent = { 401: text.wrong, 429: text.tooMany }[error.status] || text.trouble;
    return;
  } finally {
    $("login-password").value = "";
  }
  start();
}

function start() {
  begin().catch((error) => say(error.words || text.noServer));
}

document.documentElement.lang = language;
for (const node of document.querySelectorAll("[data-text]")) node.textContent = text[node.dataset.text];
$("search").placeholder = text.search;
$("search").setAttribute("aria-label", text.search);
$("searching").addEventListener("submit", (event) => event.preventDefault());
$("login").addEventListener("submit", logIn);
$("logout").addEventListener("click", async () => { await change("DELETE", "session"); location.assign("/"); });
start();
