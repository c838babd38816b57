// A console: `/console/POOL/ID` opens one of one's own, `/watch/SESSION` looks on at somebody else's.

import RFB from "/page/novnc/core/rfb.js";
import { socket } from "./api.js";
import { Channel } from "./channel.js";
import { $, button, complain, element } from "./dom.js";
import { text } from "./texts.js";

export async function show(main, address) {
  const watching = address.length === 1;
  const wanted = watching ? { watch: address[0] } : { console: `${address[0]}/${address[1]}` };
  document.body.classList.add("wide");
  const screen = element("div", { id: "screen" });
  const title = element("strong", { id: "title" }, text.connecting);
  const notices = element("p", { id: "notices", role: "status" });
  const tools = element("div", { className: "tools" });
  main.replaceChildren(element("div", { className: "console-bar" }, title, notices, tools), screen);

  const notice = (told) => notices.replaceChildren(...marks(told, watching));
  notice({ watchers: [] });
  const channel = new Channel(await socket(wanted), notice);
  const rfb = new RFB(screen, channel, { shared: true });
  rfb.viewOnly = watching;
  rfb.scaleViewport = true;
  rfb.addEventListener("connect", () => {
    main.dataset.state = "connected";
    rfb.focus();
  });
  rfb.addEventListener("desktopname", ({ detail }) => {
    title.textContent = detail.name;
    document.title = title.textContent;
  });
  rfb.addEventListener("disconnect", () => {
    main.dataset.state = "closed";
    tools.hidden = true;
    screen.replaceChildren(element("div", { className: "over" }, element("p", { role: "alert" }, ending(channel.end)),
      button(text.again, () => location.reload(), "first")));
  });
  tools.append(...[
    watching ? null : button(text.sendKeys, () => rfb.sendCtrlAltDel()),
    watching ? null : clipboard(rfb),
    fitting(rfb),
    button(text.fullScreen, () => screen.requestFullscreen().catch(complain)),
    button(text.disconnect, () => rfb.disconnect()),
  ].filter((tool) => tool));
}

/** Marks for what the user must know: whether this is recorded, and who looks on. */
function marks({ recording, watchers }, watching) {
  return [
    recording?.state === "recording" ? element("span", { className: "mark live" }, text.recorded) : null,
    recording && recording.state !== "recording"
      ? element("span", { className: "mark bad", title: recording.reason || "" }, text.unrecorded) : null,
    watchers.length ? element("span", { className: "mark watched" }, `${text.watched} ${watchers.join(", ")}`) : null,
    watching ? element("span", { className: "mark" }, text.watching) : null,
  ].filter((mark) => mark);
}

/** Why it has ended, which noVNC does not tell. */
export function ending(end) {
  const words = end && text.ends[end.code];
  return words ? `${text.reason} ${words}${end.reason ? ` (${end.reason})` : ""}` : text.closed;
}

/** Text from the console and for it. Browsers let a page at the real clipboard only by the user's own paste. */
function clipboard(rfb) {
  const area = element("textarea", { rows: 6, cols: 40 });
  area.setAttribute("aria-label", text.copied);
  const dialog = element("dialog", { id: "clipboard" }, element("p", {}, text.copied), area, element("p", { className: "bar" },
    button(text.paste, () => { rfb.clipboardPasteFrom(area.value); dialog.close(); rfb.focus(); }, "first"),
    button(text.close, () => dialog.close())));
  document.body.append(dialog);
  rfb.addEventListener("clipboard", ({ detail }) => { area.value = detail.text; });
  return button(text.clipboard, () => dialog.showModal());
}

/** A switch between a picture that fits the window and one of its own size. */
function fitting(rfb) {
  const made = button(text.fit, () => {
    rfb.scaleViewport = !rfb.scaleViewport;
    made.setAttribute("aria-pressed", rfb.scaleViewport);
  });
  made.setAttribute("aria-pressed", true);
  return made;
}
