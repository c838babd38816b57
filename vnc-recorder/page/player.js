// The player of a recording, also of one that is still being made. `#t=SECONDS` in the address is a moment.
//
// The server sends the VNC stream when it is due, so that pause, seek and speed are commands to it; its notices tell
// where it is.

import RFB from "/page/novnc/core/rfb.js";
import { ask, socket } from "./api.js";
import { Channel } from "./channel.js";
import { ending } from "./console.js";
import { button, clock, complain, element, moment, say } from "./dom.js";
import { text } from "./texts.js";
import { Timeline } from "./timeline.js";

const SPEEDS = [0.5, 1, 2, 4, 8, 16];

/** Whoever is no more than so many milliseconds behind a running session sees it live. */
const LIVE = 3000;

/** An arrow key goes so many milliseconds. */
const STEP = 10000;

export async function show(main, [id]) {
  const recording = await ask(`recordings/${id}`);
  document.title = `${text.replay}: ${recording.name}`;
  document.body.classList.add("wide");
  const screen = element("div", { id: "screen" });
  const now = element("span", { id: "now" }, clock(0));
  const whole = element("span", { id: "whole" }, clock(recording.duration_ms));
  let playing = true;
  let position = 0;
  let ended = false;

  const channel = new Channel(await socket({ replay: id }), (told) => {
    if (told.failed) return say(told.failed);
    position = told.time_ms;
    playing = told.playing;
    ended = !playing && position >= told.duration_ms;
    main.dataset.state = playing ? "playing" : "paused";
    main.dataset.position = position;
    now.textContent = clock(position);
    whole.textContent = clock(told.duration_ms);
    timeline.move(position, told.duration_ms);
    play.textContent = playing ? text.pause : text.play;
    live.hidden = !told.running;
    live.setAttribute("aria-pressed", playing && told.duration_ms - position < LIVE);
  }, true);
  const seek = (target) => channel.tell({ command: "seek", time_ms: Math.max(0, Math.round(target)) });
  const timeline = new Timeline(recording, seek);
  const play = button(text.pause, () => {
    if (ended) seek(0);
    channel.tell({ command: playing ? "pause" : "resume" });
  });
  const speed = element("select", {}, ...SPEEDS.map((factor) => new Option(`${factor}×`, factor)));
  speed.value = "1";
  speed.addEventListener("change", () => channel.tell({ command: "speed", speed: Number(speed.value) }));
  const skip = element("input", { type: "checkbox" });
  skip.addEventListener("change", () => channel.tell({ command: "skip_idle", on: skip.checked }));
  const live = button(text.toLive, () => channel.tell({ command: "live" }));
  const link = button(text.link, async () => {
    history.replaceState(null, "", `#t=${position / 1000}`);
    await navigator.clipboard?.writeText(location.href);
    say(text.linked);
  });
  const whole_screen = button(text.fullScreen, () => screen.requestFullscreen().catch(complain));
  main.replaceChildren(
    element("div", { className: "console-bar" },
      element("a", { href: "/recordings" }, text.back), element("strong", { id: "title" }, recording.name),
      element("p", { className: "quiet" }, `${recording.user} · `, moment(recording.started)),
      recording.seekable ? null : element("span", { className: "mark bad" }, text.notSeekable)),
    screen,
    element("div", { className: "player-bar" }, timeline.node,
      element("div", { className: "tools" }, play, element("span", {}, now, " / ", whole),
        element("label", {}, `${text.speed} `, speed), element("label", {}, skip, ` ${text.skipIdle}`), live, link, whole_screen)));

  const rfb = new RFB(screen, channel, { shared: true });
  rfb.viewOnly = true;
  rfb.scaleViewport = true;
  rfb.focusOnClick = false;
  const follow = () => {
    const asked = /^#t=([\d.]+)$/.exec(location.hash);
    if (asked) seek(Number(asked[1]) * 1000);
  };
  rfb.addEventListener("connect", follow);
  window.addEventListener("hashchange", follow);
  rfb.addEventListener("disconnect", () => {
    main.dataset.state = "closed";
    say(ending(channel.end));
  });
  document.addEventListener("keydown", (event) => {
    if (/^(INPUT|SELECT|BUTTON|A)$/.test(event.target.tagName) || event.ctrlKey || event.altKey || event.metaKey) return;
    const action = { " ": () => play.click(), ArrowLeft: () => seek(position - STEP), ArrowRight: () => seek(position + STEP),
      Home: () => seek(0), f: () => whole_screen.click() }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
