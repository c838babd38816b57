// All consoles that one may see, found by name, id or host.

import { ask, may } from "./api.js";
import { $, complain, element, empty, table } from "./dom.js";
import { text } from "./texts.js";

export async function show(main) {
  const list = element("div", { id: "consoles" });
  main.replaceChildren(list);
  $("searching").hidden = false;
  $("search").value = new URLSearchParams(location.search).get("name") || "";
  let asked = 0; // only the answer to the latest question is shown
  const refresh = async () => {
    const mine = ++asked;
    const { targets } = await ask("targets", { name: $("search").value.trim() });
    if (mine === asked) list.replaceChildren(targets.length ? consoles(targets) : empty(text.nothing));
  };
  $("search").addEventListener("input", () => refresh().catch(complain));
  await refresh();
}

function consoles(targets) {
  return table([text.name, text.target, ""], targets.map((target) => {
    const address = `/console/${target.id}`;
    const opens = may("open") && target.available;
    const details = [target.id, target.host].filter((part) => part).join(" · ");
    return [
      element("strong", {}, opens ? element("a", { href: address }, target.name) : target.name),
      element("span", { className: "quiet" }, details),
      element("span", { className: "actions" },
        target.sessions ? element("span", { className: "mark live" }, `${text.live} · ${target.sessions}`) : null,
        may("replay") ? element("a", { className: "button", href: `/recordings?vm=${target.id.split("/")[1]}` }, text.recordings) : null,
        opens ? element("a", { className: "button first", href: address }, text.open) : null,
        target.available ? null : element("span", { className: "mark" }, text.halted)),
    ];
  }));
}
