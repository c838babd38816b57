// The server's API, and who is here.

import { text } from "./texts.js";

/** What the server has refused; `words` says so to a person. */
export class Refused extends Error {
  constructor(status) {
    super(`the answer was ${status}`);
    this.status = status;
    this.words = { 403: text.notAllowed, 404: text.gone }[status] || text.trouble;
  }
}

let me = null;

/** Asks who is here, and what they may do; null for nobody. */
export async function identify() {
  const answer = await fetch("/api/v1/session");
  me = answer.status === 401 ? null : await read(answer);
  if (me) me.rights = (await ask("rights")).rights;
  return me;
}

export const may = (right) => me !== null && me.rights.includes(right);

export async function ask(path, parameters = {}) {
  const wanted = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const answer = await fetch(`/api/v1/${path}?${new URLSearchParams(wanted)}`);
  if (answer.status === 401) location.reload(); // the session is over: the login comes again
  return read(answer);
}

/** Sends what changes something, with the proof that it was this page. */
export async function change(method, path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": me ? me.csrf : "" };
  return read(await fetch(`/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) }));
}

/** Opens a WebSocket by a ticket of its own, good for this once: `{console}`, `{watch}` or `{replay}`. */
export async function socket(wanted) {
  const { ticket, path } = await change("POST", "tickets", wanted);
  const opened = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}?ticket=${ticket}`);
  opened.binaryType = "arraybuffer";
  return opened;
}

async function read(answer) {
  if (!answer.ok) throw new Refused(answer.status);
  return answer.status === 204 ? null : answer.json();
}
