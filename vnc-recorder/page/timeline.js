// The timeline of a recording: a strip of how much has changed when, marks of events, and where one is.

import { clock, element } from "./dom.js";
import { text } from "./texts.js";

export class Timeline {
  /** `seek` is called with the milliseconds that somebody has chosen. */
  constructor({ duration_ms: duration, activity, events, name }, seek) {
    this.duration = duration;
    this.activity = activity;
    this.events = events;
    this.strip = element("canvas", { height: 36 });
    this.cursor = element("div", { className: "cursor" });
    this.marks = element("div", { className: "marks" });
    this.node = element("div", { className: "timeline", tabIndex: 0 }, this.strip, this.marks, this.cursor);
    this.node.setAttribute("role", "slider");
    this.node.setAttribute("aria-label", `${text.position}: ${name}`);
    this.node.setAttribute("aria-valuemin", 0);
    const at = ({ clientX }) => {
      const { left, width } = this.node.getBoundingClientRect();
      return Math.min(1, Math.max(0, (clientX - left) / width)) * this.duration;
    };
    this.node.addEventListener("click", (event) => seek(at(event)));
    this.node.addEventListener("pointermove", (event) => { this.node.title = clock(at(event)); });
    new ResizeObserver(() => this.draw()).observe(this.node);
    this.move(0, duration);
  }

  /** Where one is now, of how much. */
  move(position, duration) {
    const grown = duration !== this.duration;
    this.duration = duration;
    this.cursor.style.left = `${duration ? Math.min(100, (position / duration) * 100) : 0}%`;
    this.node.setAttribute("aria-valuemax", Math.round(duration / 1000));
    this.node.setAttribute("aria-valuenow", Math.round(position / 1000));
    this.node.setAttribute("aria-valuetext", `${clock(position)} / ${clock(duration)}`);
    if (grown) this.draw();
  }

  draw() {
    const { width, height } = Object.assign(this.strip, { width: this.node.clientWidth || 1 });
    const context = this.strip.getContext("2d");
    context.fillStyle = getComputedStyle(this.node).getPropertyValue("--bar");
    const { span_ms: span, bytes } = this.activity;
    const most = Math.log1p(Math.max(1, ...bytes));
    const step = this.duration ? (span / this.duration) * width : 0;
    bytes.forEach((number, at) => {
      const tall = (Math.log1p(number) / most) * height;
      context.fillRect(at * step, height - tall, Math.max(1, step - 0.5), tall);
    });
    this.marks.replaceChildren(...this.events.map(({ time_ms: time, event, user, width, height, reason }) => {
      const details = user || reason || (width ? `${width} × ${height}` : "");
      const mark = element("span", { className: `event ${event}`, title: `${clock(time)} ${text.events[event]} ${details}` });
      mark.style.left = `${this.duration ? (time / this.duration) * 100 : 0}%`;
      return mark;
    }));
  }
}
