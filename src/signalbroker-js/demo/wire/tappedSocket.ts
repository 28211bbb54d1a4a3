import type { Way, Wire } from "./wire";

/** Opens a socket that reports every frame it carries, exactly as it goes over the wire, and its end. */
export function openTappedSocket(address: string, protocols: string[], wire: Wire): WebSocket {
  const socket = new WebSocket(address, protocols);
  const send = socket.send.bind(socket);
  socket.send = (data) => {
    report("out", data);
    send(data);
  };
  socket.addEventListener("message", (event: MessageEvent<unknown>) => report("in", event.data));
  socket.addEventListener("close", ({ code }) => {
    wire.record({ channel: "STOMP", way: "in", text: `The socket closed (${code})` });
  });
  return socket;

  function report(way: Way, data: unknown): void {
    const text = typeof data === "string" ? data.replace(/\0\n*$/, "") : "(binary)";
    if (text.trim() === "") {
      wire.heartbeat(way);
    } else {
      wire.record({ channel: "STOMP", way, text: text.trimEnd() });
    }
  }
}
