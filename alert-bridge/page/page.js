// The page of alert-bridge. Listens to the feed; each event makes it ask the API again, so that what is shown
// is always what the store holds. `texts.js` has its words. Whatever an alert carries becomes a text node, never markup.
"use strict";

const RANK = ["critical", "unknown", "warning", "info"];
const AREAS = ["infrastructure", "network", "xenserver", "cloudstack"];
const DAY = 86400000;
const RANGES = { day: DAY, week: 7 * DAY, month: 30 * DAY, always: null };
const $ = (id) => document.getElementById(id);

/** Makes an element; strings among the children become text nodes. */
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

// ---- what is shown

const shown = new Map(); // episode id -> { json, node }
const fresh = new Set(); // ids of episodes that have just changed

/** The rows of a list, kept where they have not changed. */
function show(list, episodes) {
  const nodes = episodes.map((episode) => {
    const json = JSON.stringify(episode);
    const old = shown.get(episode.id);
    if (old && old.json === json && !fresh.has(episode.id)) return old.node;
    const node = row(episode);
    if (old && old.node.firstChild.open) node.firstChild.open = true;
    if (fresh.delete(episode.id)) node.classList.add("fresh");
    shown.set(episode.id, { json, node });
    return node;
  });
  const same = nodes.length === list.children.length && nodes.every((node, at) => node === list.children[at]);
  if (!same) list.replaceChildren(...nodes); // else keep the focus where it is
}

/** One list for each area that has any. */
function showByArea(episodes) {
  for (const area of AREAS) {
    const own = episodes.filter((episode) => episode.area === area);
    let section = document.getElementById(`now-${area}`);
    if (!section && own.length > 0) {
      section = element("section", { id: `now-${area}` }, element("h3", {}), element("ul", { className: "episodes" }));
      const later = AREAS.slice(AREAS.indexOf(area) + 1).map((next) => document.getElementById(`now-${next}`));
      $("now").insertBefore(section, later.find((next) => next) || null);
    }
    if (!section) continue;
    section.hidden = own.length === 0;
    section.firstChild.textContent = `${text[area]} · ${own.length}`;
    show(section.lastChild, own);
  }
}

function row(episode) {
  const over = episode.state === "resolved";
  const name = over ? (episode.reason === "vanished" ? "vanished" : "resolved") : episode.severity;
  const summary = element("summary", {},
    element("span", { className: "severity" }, text[name]),
    element("span", { className: "title" }, episode.title),
    element("span", { className: "output" }, episode.output),
    when(episode),
    people(episode));
  const item = element("li", { className: `${over ? "resolved" : "firing"} ${over ? "" : episode.severity}` });
  item.append(element("details", {}, summary, more(episode)));
  return item;
}

function when(episode) {
  const start = new Date(episode.started);
  const node = element("time", { className: "when", dateTime: episode.started, title: start.toLocaleString() });
  node.dataset.started = episode.started;
  if (episode.ended) node.dataset.ended = episode.ended;
  age(node);
  return node;
}

/** Writes the start and how long it lasts or lasted: "12:45:10 · 3 min". */
function age(node) {
  const start = new Date(node.dataset.started);
  const end = node.dataset.ended ? new Date(node.dataset.ended) : new Date();
  const today = start.toDateString() === new Date().toDateString();
  const clock = start.toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB");
  const date = today ? "" : start.toLocaleDateString(undefined, { month: "short", day: "numeric" }) + " ";
  const seconds = Math.max(0, Math.round((end - start) / 1000));
  const [size, unit] = [[86400, text.d], [3600, text.h], [60, text.m], [1, text.s]].find(([size]) => seconds >= size) || [1, text.s];
  const written = `${date}${clock} · ${Math.floor(seconds / size)} ${unit}`;
  if (node.textContent !== written) node.textContent = written;
}

/** One mark for each person who was told: the state of the last message. */
function people(episode) {
  const latest = new Map(episode.messages.map((message) => [message.contact, message]));
  const marks = [...latest.values()].map((message) => element("span", { className: message.state, title: message.text },
    `${message.contact}: ${text[message.state]}`));
  if (episode.acknowledged) {
    const { who, comment } = episode.acknowledged;
    marks.unshift(element("span", { className: "accepted" },
      `${text.acknowledged} ${who || text.nobodyNamed}${comment ? ` – ${comment}` : ""}`));
  }
  if (marks.length === 0) marks.push(element("span", {}, text.nobody));
  return element("span", { className: "people" }, ...marks);
}

function more(episode) {
  const list = element("dl", {});
  for (const [name, value] of Object.entries(episode.labels)) {
    list.append(element("dt", {}, name), element("dd", {}, value));
  }
  const messages = episode.messages.map((message) => element("li", {},
    `${new Date(message.created).toLocaleTimeString()} ${message.contact} (${message.transport}): ${text[message.state]}`
    + (message.error ? ` – ${message.error}` : ""), element("br", {}), message.text));
  return element("div", { className: "more" },
    episode.output ? element("pre", {}, episode.output) : null,
    /^https?:\/\//.test(episode.link) ? element("a", { href: episode.link, rel: "noreferrer" }, text.link) : null,
    list, element("ul", {}, ...messages), taking(episode));
}

/** The form by which somebody takes an episode on; none for who may not. */
function taking(episode) {
  if (episode.state !== "firing" || episode.acknowledged || !me || me.role === "viewer") return null;
  const comment = element("input", { placeholder: text.comment, maxLength: 1000 });
  comment.setAttribute("aria-label", text.comment);
  const trouble = element("span", { role: "alert" });
  const form = element("form", { className: "taking" }, comment, element("button", {}, text.acknowledge), trouble);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await change("POST", `api/v1/episodes/${episode.id}/acknowledge`, { comment: comment.value });
    if (answer.ok) soon(0); else trouble.textContent = text.trouble;
  });
  return form;
}

function count(episodes) {
  const counts = RANK.map((severity) => [severity, episodes.filter((episode) => episode.severity === severity).length]);
  $("counts").replaceChildren(...counts.filter(([, number]) => number > 0).map(([severity, number]) => {
    const mark = element("span", { className: `severity ${severity}` }, `${number} ${text[severity]}`);
    return mark;
  }));
}

// ---- asking

let asked = 0; // only the answer to the latest question is shown

/** What the search, the area and the range ask for. */
function query(state, limit) {
  const wanted = new URLSearchParams({ q: $("search").value, state, area: $("area").value, limit });
  const length = RANGES[$("range").value];
  if (state === "resolved" && length) wanted.set("from", new Date(Date.now() - length).toISOString());
  return wanted;
}

async function ask(state, limit) {
  const answer = await fetch(`api/v1/episodes?${query(state, limit)}`);
  if (answer.status === 401) begin();
  if (!answer.ok) throw new Error(`the answer was ${answer.status}`);
  return answer.json();
}

let pages = 1; // of the history

async function refresh() {
  const mine = ++asked;
  const [now, history] = await Promise.all([ask("firing", 1000), ask("resolved", Math.min(50 * pages, 1000))]);
  if (mine !== asked) return now.last_id;
  now.episodes.sort((a, b) => RANK.indexOf(a.severity) - RANK.indexOf(b.severity) || b.last_seq - a.last_seq);
  const known = new Set([...now.episodes, ...history.episodes].map((episode) => episode.id));
  for (const id of shown.keys()) if (!known.has(id)) shown.delete(id);
  showByArea(now.episodes);
  show($("history").firstElementChild, history.episodes);
  $("older").hidden = history.next === null || pages >= 20;
  $("csv").href = `api/v1/episodes?${query("resolved", 1000)}&format=csv`;
  count(now.episodes);
  const searching = $("search").value.trim() !== "" || $("area").value !== "";
  $("calm").hidden = now.episodes.length > 0;
  $("calm").textContent = searching ? text.nothing : text.calm;
  $("no-history").hidden = history.episodes.length > 0;
  $("no-history").textContent = searching ? text.nothing : text.noHistory;
  document.title = (now.episodes.length ? `(${now.episodes.length}) ` : "") + text.alerts;
  const unsettled = [...now.episodes, ...history.episodes]
    .some(({ messages }) => messages.some(({ state }) => state === "queued" || state === "sending"));
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
function remember(id, allowed) {
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
  pages = 1;
  soon(150);
}

document.documentElement.lang = language;
for (const node of document.querySelectorAll("[data-text]")) node.textContent = text[node.dataset.text];
for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", text[node.dataset.label]);
$("area").append(new Option(text.everywhere, ""), ...AREAS.map((area) => new Option(text[area], area)));
$("range").append(...Object.keys(RANGES).map((range) => new Option(text[range], range)));
$("range").value = "month";
$("severities").append(shortcut("critical", "@critical"), shortcut("warning", "@warn"), shortcut("unknown", "@unknown"));
remember("sound", () => true);
remember("notify", async () => "Notification" in window && (await Notification.requestPermission()) === "granted");
$("search").placeholder = text.search;
$("search").setAttribute("aria-label", text.search);
$("search").addEventListener("input", restart);
$("area").addEventListener("change", restart);
$("range").addEventListener("change", restart);
$("search").form.addEventListener("submit", (event) => event.preventDefault());
$("older").addEventListener("click", () => { pages += 1; soon(0); });
$("login").addEventListener("submit", logIn);
$("logout").addEventListener("click", async () => { await change("DELETE", "api/v1/session"); begin(); });
setInterval(() => document.querySelectorAll("time.when").forEach(age), 5000);
begin();
