// The page of alert-bridge. Listens to the feed; each event makes it ask the API again, so that what is shown
// is always what the store holds. `texts.js` has its words, `rows.js` what becomes of what is told.
"use strict";

const PAGE = 50; // rows of the history that are asked for at once
const SOURCES = ["nagios", "xenserver", "cloudstack"]; // whose events are a history of their own

// ---- asking

let asked = 0; // only the answer to the latest question is shown

/** What the search, the area and the range ask for. */
function query(kind, limit) {
  const wanted = new URLSearchParams({ q: $("search").value, limit });
  if (kind === "firing" || kind === "resolved") {
    wanted.set("state", kind);
    wanted.set("area", $("area").value);
  } else {
    wanted.set("source", kind);
  }
  const length = RANGES[$("range").value];
  if (kind !== "firing" && length) wanted.set("from", new Date(Date.now() - length).toISOString());
  return wanted;
}

function list(kind) {
  return SOURCES.includes(kind) ? "events" : "episodes";
}

async function ask(kind, limit, cursor) {
  const wanted = query(kind, limit);
  if (cursor) wanted.set("cursor", cursor);
  const answer = await fetch(`api/v1/${list(kind)}?${wanted}`);
  if (answer.status === 401) begin();
  if (!answer.ok) throw new Error(`the answer was ${answer.status}`);
  return answer.json();
}

// ---- the history: ended alerts, or what sources told of

const past = { kind: "resolved", things: new Map(), next: null };

/** Forgets what was read of the history: something else is asked for. */
function forget() {
  past.things.clear();
  past.next = null;
}

/** Takes a page in. Pages overlap where something has come in between. */
function remember(page, first) {
  // After a long silence there may be a gap to what was read before.
  if (first && page.next !== null && !page.things.some((thing) => past.things.has(keyOf(thing)))) forget();
  if (!first || past.things.size <= page.things.length) past.next = page.next;
  for (const thing of page.things) past.things.set(keyOf(thing), thing);
}

async function askHistory(cursor) {
  const { kind } = past;
  const page = await ask(kind, PAGE, cursor);
  return { kind, next: page.next, last_id: page.last_id, things: page[list(kind)] };
}

function showHistory() {
  const order = (thing) => (thing.kind ? Date.parse(thing.at) : thing.last_seq);
  const things = [...past.things.values()].sort((a, b) => order(b) - order(a));
  show($("history").firstElementChild, things);
  $("older").hidden = past.next === null;
  $("csv").href = `api/v1/${list(past.kind)}?${query(past.kind, 10000)}&format=csv`;
  $("no-history").hidden = things.length > 0;
  $("no-history").textContent = isSearching() ? text.nothing : text.noHistory;
  return things;
}

async function older() {
  const page = await askHistory(past.next);
  if (page.kind !== past.kind) return;
  remember(page, false);
  showHistory();
}

function isSearching() {
  return $("search").value.trim() !== "" || $("area").value !== "";
}

// ---- both, again and again

async function refresh() {
  const mine = ++asked;
  const [now, page] = await Promise.all([ask("firing", 1000), askHistory(null)]);
  if (mine !== asked || page.kind !== past.kind) return now.last_id;
  now.episodes.sort((a, b) => RANK.indexOf(a.severity) - RANK.indexOf(b.severity) || b.last_seq - a.last_seq);
  remember(page, true);
  showByArea(now.episodes);
  const things = showHistory();
  const known = new Set([...now.episodes, ...things].map(keyOf));
  for (const key of shown.keys()) if (!known.has(key)) shown.delete(key);
  count(now.episodes);
  $("calm").hidden = now.episodes.length > 0;
  $("calm").textContent = isSearching() ? text.nothing : text.calm;
  document.title = (now.episodes.length ? `(${now.episodes.length}) ` : "") + text.alerts;
  const unsettled = [...now.episodes, ...things]
    .some(({ messages }) => messages && messages.some(({ state }) => state === "queued" || state === "sending"));
  if (unsettled) soon(2000);
  return now.last_id;
}

let timer = null;
let due = 0;

/** Asks again after a moment; events that come together cause one question. */
function soon(milliseconds) {
  const at = Date.now() + milliseconds;
  if (timer !== null && due <= at) return;
  clearTimeout(timer);
  due = at;
  timer = setTimeout(() => {
    timer = null;
    refresh().catch(() => soon(3000));
  }, milliseconds);
}

// ---- listening

function connection(state) {
  $("connection").className = state;
  $("connection-text").textContent = text[state];
}

let feed = null;

function listen(lastId) {
  feed?.close();
  feed = new EventSource(`api/v1/feed?last_id=${lastId}`);
  feed.onopen = () => connection("live");
  feed.onmessage = ({ data, lastEventId }) => {
    const { transition, episode } = JSON.parse(data);
    lastId = lastEventId;
    fresh.add(episode.id);
    $("announcement").textContent =
      `${text[transition === "resolved" ? "resolved" : episode.severity]} ${episode.title}`;
    if (transition === "firing" || transition === "severity") call(episode);
    soon(50);
  };
  feed.onerror = () => {
    connection("lost");
    // The browser connects again by itself unless the server has refused.
    if (feed.readyState === EventSource.CLOSED) setTimeout(begin, 3000);
  };
}

/** Calls for attention, as far as that is wanted and allowed. */
function call(episode) {
  if ($("sound").checked) {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    tone.frequency.value = episode.severity === "critical" ? 880 : 520;
    tone.connect(audio.destination);
    tone.onended = () => audio.close();
    tone.start();
    tone.stop(audio.currentTime + 0.3);
  }
  if ($("notify").checked && Notification.permission === "granted") {
    new Notification(`${text[episode.severity]} ${episode.title}`, { body: episode.output, tag: `episode-${episode.id}` });
  }
}

// ---- who is here

let me = null;

/** Sends what changes something, with the proof that it was this page. */
function change(method, path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": me ? me.csrf : "" };
  return fetch(path, { method, headers, body: body && JSON.stringify(body) });
}

function welcome(identity) {
  me = identity;
  shown.clear(); // what is offered depends on who is here
  forget();
  $("login").hidden = me !== null;
  $("main").hidden = $("searching").hidden = $("connection").hidden = me === null;
  $("user").hidden = !me || me.name === "";
  $("user-name").textContent = me ? me.name : "";
  $("logout").hidden = !me || !me.session;
  if (me === null) {
    feed?.close();
    for (const list of document.querySelectorAll(".episodes")) list.replaceChildren();
    $("login-name").focus();
  }
}

async function logIn(event) {
  event.preventDefault();
  $("login-error").textContent = "";
  const answer = await change("POST", "api/v1/session",
    { name: $("login-name").value, password: $("login-password").value });
  $("login-password").value = "";
  if (answer.ok) return begin();
  $("login-error").textContent = { 401: text.wrong, 429: text.tooMany }[answer.status] || text.trouble;
}

async function begin() {
  connection("waiting");
  try {
    const answer = await fetch("api/v1/session");
    if (answer.status === 401) return welcome(null);
    if (!answer.ok) throw new Error(`the answer was ${answer.status}`);
    welcome(await answer.json());
    listen(await refresh());
  } catch {
    connection("lost");
    setTimeout(begin, 3000);
  }
}

// ---- what can be chosen

/** A switch that is remembered in this browser. */
function choice(id, allowed) {
  $(id).checked = localStorage.getItem(id) === "on";
  $(id).addEventListener("change", async () => {
    if ($(id).checked && !(await allowed())) $(id).checked = false;
    localStorage.setItem(id, $(id).checked ? "on" : "off");
  });
}

/** Puts a severity into the search, or takes it out. */
function shortcut(severity, word) {
  const button = element("button", { type: "button", className: severity }, text[severity]);
  const words = () => $("search").value.split(/\s+/).filter((one) => one !== "");
  button.addEventListener("click", () => {
    const others = words().filter((one) => one !== word);
    $("search").value = (others.length < words().length ? others : [...others, word]).join(" ");
    $("search").dispatchEvent(new Event("input"));
  });
  $("search").addEventListener("input", () => button.setAttribute("aria-pressed", words().includes(word)));
  return button;
}

function restart() {
  asked += 1; // what is on its way is of no use any more
  forget();
  soon(150);
}

/** Shows another kind of history. */
function historyOf(kind) {
  const button = element("button", { type: "button" }, text.kinds[kind]);
  button.setAttribute("aria-pressed", kind === past.kind);
  button.addEventListener("click", () => {
    past.kind = kind;
    for (const other of $("kinds").children) other.setAttribute("aria-pressed", other === button);
    restart();
  });
  return button;
}

document.documentElement.lang = language;
for (const node of document.querySelectorAll("[data-text]")) node.textContent = text[node.dataset.text];
for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", text[node.dataset.label]);
$("area").append(new Option(text.everywhere, ""), ...AREAS.map((area) => new Option(text[area], area)));
$("range").append(...Object.keys(RANGES).map((range) => new Option(text[range], range)));
$("range").value = "month";
$("kinds").append(...["resolved", ...SOURCES].map(historyOf));
$("severities").append(shortcut("critical", "@critical"), shortcut("warning", "@warn"), shortcut("unknown", "@unknown"));
choice("sound", () => true);
choice("notify", async () => "Notification" in window && (await Notification.requestPermission()) === "granted");
$("search").placeholder = text.search;
$("search").setAttribute("aria-label", text.search);
$("search").addEventListener("input", restart);
$("area").addEventListener("change", restart);
$("range").addEventListener("change", restart);
$("search").form.addEventListener("submit", (event) => event.preventDefault());
$("older").addEventListener("click", () => older().catch(() => soon(3000)));
$("login").addEventListener("submit", logIn);
$("logout").addEventListener("click", async () => { await change("DELETE", "api/v1/session"); begin(); });
setInterval(() => document.querySelectorAll("time[data-started]").forEach(age), 5000);
// The feed tells of alerts alone: events of sources are asked for.
setInterval(() => { if (me && SOURCES.includes(past.kind)) soon(0); }, 10000);
begin();
