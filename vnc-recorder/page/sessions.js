// Consoles that are open now: who has them, since when; to watch or to end.

import { ask, change, may } from "./api.js";
import { button, bytes, complain, element, empty, lasting, table } from "./dom.js";
import { text } from "./texts.js";

/** The list is asked for again after so many milliseconds. */
const AGAIN = 2000;

export async function show(main) {
  let shown = "";
  const refresh = async () => {
    const { sessions } = await ask("sessions");
    const now = JSON.stringify(sessions);
    if (now === shown) return; // else keep the focus where it is
    shown = now;
    main.replaceChildren(sessions.length ? list(sessions, refresh) : empty(text.noSessions));
  };
  await refresh();
  setInterval(() => refresh().catch(complain), AGAIN);
}

function list(sessions, refresh) {
  const columns = [text.target, text.user, text.client, text.length, text.size, text.watchers, ""];
  return table(columns, sessions.map((session) => [
    element("strong", {}, session.target.name),
    session.user,
    session.client,
    lasting(Date.now() - new Date(session.started)),
    bytes(session.bytes_to_user),
    session.watchers.join(", "),
    element("span", { className: "actions" },
      session.recording.state === "recording" ? null : element("span", { className: "mark bad" }, text.unrecorded),
      session.recording.state !== "off" && may("replay")
        ? element("a", { className: "button", href: `/recordings/${session.id}` }, text.replay) : null,
      may("watch") ? element("a", { className: "button", href: `/watch/${session.id}` }, text.watch) : null,
      may("terminate") ? button(text.end, async () => {
        if (!confirm(text.sureEnd)) return;
        await change("DELETE", `sessions/${session.id}`);
        await refresh();
      }, "bad") : null),
  ]));
}
