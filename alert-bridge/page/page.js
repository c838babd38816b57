// The page of alert-bridge. Listens to the feed; each event makes it ask the API again, so that what is shown
// is always what the store holds. Whatever an alert carries becomes a text node, never markup.
"use strict";

const TEXTS = {
  en: {
    alerts: "Alerts", now: "Firing now", history: "History", live: "live", waiting: "connecting", lost: "disconnected",
    search: "Search: host, service, text, @critical, @warn …", calm: "All is well: nothing is firing.",
    nothing: "Nothing found.", noHistory: "No history yet.", nobody: "nobody was told", link: "Open at the source",
    critical: "CRITICAL", warning: "WARNING", unknown: "UNKNOWN", info: "INFO", resolved: "RESOLVED", vanished: "CLOSED",
    queued: "waiting", sending: "sending", accepted: "sent", failed: "failed", in_doubt: "in doubt",
    d: "d", h: "h", m: "min", s: "s",
  },
  zh: {
    alerts: "告警", now: "当前告警", history: "历史", live: "实时", waiting: "连接中", lost: "连接断开",
    search: "搜索：主机、服务、内容、@critical、@warn …", calm: "一切正常，当前没有告警。",
    nothing: "没有找到。", noHistory: "暂无历史。", nobody: "未通知任何人", link: "在来源处打开",
    critical: "严重", warning: "警告", unknown: "未知", info: "信息", resolved: "恢复", vanished: "关闭",
    queued: "等待中", sending: "发送中", accepted: "已发送", failed: "失败", in_doubt: "不确定",
    d: "天", h: "小时", m: "分", s: "秒",
  },
};
const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
const text = TEXTS[language];
const RANK = ["critical", "unknown", "warning", "info"];
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
    list, element("ul", {}, ...messages));
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

async function ask(state, limit) {
  const query = new URLSearchParams({ q: $("search").value, state, limit });
  const answer = await fetch(`api/v1/episodes?${query}`);
  if (!answer.ok) throw new Error(`the answer was ${answer.status}`);
  return answer.json();
}

async function refresh() {
  const mine = ++asked;
  const [now, history] = await Promise.all([ask("firing", 1000), ask("resolved", 200)]);
  if (mine !== asked) return now.last_id;
  now.episodes.sort((a, b) => RANK.indexOf(a.severity) - RANK.indexOf(b.severity) || b.last_seq - a.last_seq);
  const known = new Set([...now.episodes, ...history.episodes].map((episode) => episode.id));
  for (const id of shown.keys()) if (!known.has(id)) shown.delete(id);
  show($("now"), now.episodes);
  show($("history"), history.episodes);
  count(now.episodes);
  const searching = $("search").value.trim() !== "";
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

function listen(lastId) {
  const feed = new EventSource(`api/v1/feed?last_id=${lastId}`);
  feed.onopen = () => connection("live");
  feed.onmessage = ({ data, lastEventId }) => {
    const { transition, episode } = JSON.parse(data);
    lastId = lastEventId;
    fresh.add(episode.id);
    $("announcement").textContent =
      `${text[transition === "resolved" ? "resolved" : episode.severity]} ${episode.title}`;
    soon(50);
  };
  feed.onerror = () => {
    connection("lost");
    // The browser connects again by itself unless the server has refused.
    if (feed.readyState === EventSource.CLOSED) setTimeout(() => listen(lastId), 3000);
  };
}

async function begin() {
  connection("waiting");
  try {
    listen(await refresh());
  } catch {
    connection("lost");
    setTimeout(begin, 3000);
  }
}

document.documentElement.lang = language;
for (const node of document.querySelectorAll("[data-text]")) node.textContent = text[node.dataset.text];
$("search").placeholder = text.search;
$("search").setAttribute("aria-label", text.search);
$("search").addEventListener("input", () => soon(150));
$("search").form.addEventListener("submit", (event) => event.preventDefault());
setInterval(() => document.querySelectorAll("time.when").forEach(age), 5000);
begin();
