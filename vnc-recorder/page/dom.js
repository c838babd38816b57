// Elements, and how times and sizes are written. Whatever comes from the server becomes a text node, never markup.

import { language, text } from "./texts.js";

export const $ = (id) => document.getElementById(id);

/** Makes an element; strings among the children become text nodes, null is left out. */
export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A button that does something; while that runs it cannot be pressed again. */
export function button(label, action, className = "") {
  const made = element("button", { type: "button", className }, label);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try { await action(made); } catch (error) { complain(error); } finally { made.disabled = false; }
  });
  return made;
}

/** Says what has gone wrong, at the foot of the page. */
export function complain(error) {
  say(error.words || text.trouble);
}

let silence = null;

export function say(words) {
  $("trouble").textContent = words;
  $("trouble").hidden = false;
  clearTimeout(silence);
  silence = setTimeout(() => { $("trouble").hidden = true; }, 8000);
}

export function moment(iso) {
  const date = new Date(iso);
  return element("time", { dateTime: iso, title: iso }, date.toLocaleString(language === "zh" ? "zh-CN" : "en-GB"));
}

/** "3 min" of milliseconds. */
export function lasting(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const units = [[86400, text.d], [3600, text.h], [60, text.m], [1, text.s]];
  const [size, unit] = units.find(([size]) => seconds >= size) || [1, text.s];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** "1:02:03" of milliseconds, as players write it. */
export function clock(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${hours ? two(Math.floor(seconds / 60) % 60) : Math.floor(seconds / 60)}:${two(seconds % 60)}`;
}

export function bytes(number) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(number, 1)) / 3));
  return `${(number / 1000 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
}

/** A table; on a phone each row becomes a card whose cells name themselves. */
export function table(columns, rows) {
  const head = element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell, at) => {
    const made = element("td", {}, ...[cell].flat());
    made.dataset.name = columns[at];
    return made;
  })));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
}

export const empty = (words) => element("p", { className: "empty" }, words);
