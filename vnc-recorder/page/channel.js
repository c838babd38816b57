// What noVNC takes for its connection: a WebSocket whose text messages, the server's notices, are kept from it.

export class Channel {
  binaryType = "arraybuffer";
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  end = null; // the close frame, once it has come

  /** Gives each notice, already read, to `notice`; with `mute` noVNC's own messages are not sent. */
  constructor(socket, notice, mute = false) {
    this.socket = socket;
    this.mute = mute;
    socket.onopen = (event) => this.onopen?.(event);
    socket.onerror = (event) => this.onerror?.(event);
    socket.onclose = (event) => {
      this.end = event;
      this.onclose?.(event);
    };
    socket.onmessage = (event) => {
      if (typeof event.data === "string") notice(JSON.parse(event.data)); else this.onmessage?.(event);
    };
  }

  get readyState() { return this.socket.readyState; }

  get protocol() { return this.socket.protocol; }

  send(data) {
    if (!this.mute && this.socket.readyState === WebSocket.OPEN) this.socket.send(data);
  }

  /** Tells the server something that is not part of the VNC protocol. */
  tell(command) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(command));
  }

  close() { this.socket.close(); }
}
