// Recordings, newest first, by target, user and time.

import { ask, change, may } from "./api.js";
import { $, button, bytes, complain, element, empty, lasting, moment, say, table } from "./dom.js";
import { text } from "./texts.js";

const PAGE = 50;

export async function show(main) {
  const address = new URLSearchParams(location.search);
  const field = (name, type, label) => {
    const input = element("input", { type, name, value: address.get(name) || "" });
    return element("label", {}, element("span", {}, label), input);
  };
  const filter = element("form", { className: "tools" },
    field("vm", "search", text.target), field("user", "search", text.user),
    field("from", "datetime-local", text.from), field("until", "datetime-local", text.to));
  const list = element("div", { id: "recordings" });
  const older = button(text.older, () => refresh(true));
  main.replaceChildren(filter, list, element("p", { className: "bar" }, older));
  $("searching").hidden = false;

  let found = [];
  let asked = 0; // only the answer to the latest question is shown
  const refresh = async (more = false) => {
    const mine = ++asked;
    const wanted = Object.fromEntries(new FormData(filter));
    for (const edge of ["from", "until"]) if (wanted[edge]) wanted[edge] = new Date(wanted[edge]).toISOString();
    const before = more && found.length ? found[found.length - 1].id : "";
    const { recordings } = await ask("recordings", { ...wanted, name: $("search").value.trim(), before, limit: PAGE });
    if (mine !== asked) return;
    found = more ? [...found, ...recordings] : recordings;
    older.hidden = recordings.length < PAGE;
    list.replaceChildren(found.length ? rows(found, refresh) : empty(text.noRecordings));
  };
  filter.addEventListener("input", () => refresh().catch(complain));
  filter.addEventListener("submit", (event) => event.preventDefault());
  $("search").addEventListener("input", () => refresh().catch(complain));
  await refresh();
}

function rows(recordings, refresh) {
  const columns = [text.started, text.target, text.user, text.client, text.length, text.size, ""];
  return table(columns, recordings.map((recording) => [
    element("a", { href: `/recordings/${recording.id}` }, moment(recording.started)),
    element("strong", {}, recording.name),
    recording.user,
    recording.client,
    lasting(recording.duration_ms),
    bytes(recording.size),
    element("span", { className: "actions" },
      recording.state === "complete" ? null
        : element("span", { className: `mark ${recording.state === "running" ? "live" : "bad"}` }, text[recording.state]),
      recording.hold ? element("span", { className: "mark", title: `${recording.hold.by}: ${recording.hold.reason}` }, text.held) : null,
      element("a", { className: "button first", href: `/recordings/${recording.id}` }, text.replay),
      button(text.verify, () => verify(recording.id)),
      may("download") ? element("a", { className: "button", href: `/api/v1/recordings/${recording.id}/file`, download: "" }, text.download) : null,
      may("delete") ? button(recording.hold ? text.release : text.hold, async () => {
        const reason = recording.hold ? "" : prompt(text.why);
        if (reason === null) return;
        await change("PUT", `recordings/${recording.id}/hold`, { hold: !recording.hold, reason });
        await refresh();
      }) : null,
      may("delete") && !recording.hold && recording.state !== "running" ? button(text.remove, async () => {
        if (!confirm(text.sureRemove)) return;
        await change("DELETE", `recordings/${recording.id}`);
        await refresh();
      }, "bad") : null),
  ]));
}

async function verify(id) {
  const { intact, problem } = await ask(`recordings/${id}/verify`);
  say(intact ? text.intact : `${text.changed} ${problem}`);
}
