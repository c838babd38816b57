// Rows of the page: episodes with their messages, and events of sources. Whatever they carry becomes a text node,
// never markup.
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

const shown = new Map(); // key -> { json, node }
const fresh = new Set(); // keys of episodes that have just changed

/** Names an episode by its id, an event by who told it. */
function keyOf(thing) {
  return thing.kind ? [thing.source, thing.instance, thing.epoch, thing.sequence].join("\n") : thing.id;
}

/** The rows of a list, kept where they have not changed. */
function show(list, things) {
  const nodes = things.map((thing) => {
    const json = JSON.stringify(thing);
    const key = keyOf(thing);
    const old = shown.get(key);
    if (old && old.json === json && !fresh.has(key)) return old.node;
    const node = thing.kind ? eventRow(thing) : row(thing);
    if (old && old.node.firstChild.open) node.firstChild.open = true;
    if (fresh.delete(key)) node.classList.add("fresh");
    shown.set(key, { json, node });
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

/** A time of today without the day. */
function moment(at) {
  const clock = at.toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB");
  if (at.toDateString() === new Date().toDateString()) return clock;
  const year = at.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return `${at.toLocaleDateString(language, { year, month: "short", day: "numeric" })} ${clock}`;
}

/** Writes the start and how long it lasts or lasted: "12:45:10 · 3 min". */
function age(node) {
  const start = new Date(node.dataset.started);
  const end = node.dataset.ended ? new Date(node.dataset.ended) : new Date();
  const seconds = Math.max(0, Math.round((end - start) / 1000));
  const [size, unit] = [[86400, text.d], [3600, text.h], [60, text.m], [1, text.s]].find(([size]) => seconds >= size) || [1, text.s];
  const written = `${moment(start)} · ${Math.floor(seconds / size)} ${unit}`;
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

function eventRow(event) {
  const severity = event.severity || "none";
  const about = [event.host, event.service, event.name].filter((part) => part !== "").join(" / ") || event.instance;
  const list = element("dl", {});
  const fields = { source: event.source, instance: event.instance, kind: event.kind, ...(event.details || {}) };
  for (const [name, value] of Object.entries(fields)) {
    list.append(element("dt", {}, name), element("dd", {}, typeof value === "string" ? value : JSON.stringify(value)));
  }
  const at = new Date(event.at);
  const summary = element("summary", {},
    element("span", { className: "severity" }, text[severity] || ""),
    element("span", { className: "title" }, about),
    element("span", { className: "output" }, event.text),
    element("time", { className: "when", dateTime: event.at, title: at.toLocaleString() }, moment(at)));
  const marks = element("span", { className: "people" }, element("span", {}, text.happened[event.kind]));
  summary.append(marks);
  const item = element("li", { className: severity });
  item.append(element("details", {}, summary, element("div", { className: "more" },
    event.text ? element("pre", {}, event.text) : null, list)));
  return item;
}
