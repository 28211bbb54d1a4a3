import { createPacketReader } from "../../src/transports/mqttPackets";
import { packetText } from "./mqttText";
import type { Channel, Way, Wire } from "./wire";

/** Opens a socket that reports every frame it carries, exactly as it goes over the wire, and its end. */
export function openTappedSocket(address: string, protocols: string[], wire: Wire): WebSocket {
  const channel: Channel = protocols.includes("mqtt") ? "MQTT" : "STOMP";
  const socket = new WebSocket(address, protocols);
  const send = socket.send.bind(socket);
  const report = channel === "MQTT" ? createPacketReport(wire) : createFrameReport(wire);
  socket.send = (data) => {
    report("out", data);
    send(data);
  };
  socket.addEventListener("message", (event: MessageEvent<unknown>) => report("in", event.data));
  socket.addEventListener("close", ({ code }) => {
    wire.record({ channel, way: "in", text: `The socket closed (${code})` });
  });
  return socket;
}

type Report = (way: Way, data: unknown) => void;

function createFrameReport(wire: Wire): Report {
  return (way, data) => {
    const text = typeof data === "string" ? data.replace(/\0\n*$/, "") : "(binary)";
    if (text.trim() === "") {
      wire.heartbeat(way);
    } else {
      wire.record({ channel: "STOMP", way, text: text.trimEnd() });
    }
  };
}

function createPacketReport(wire: Wire): Report {
  const read = { out: createReader("out"), in: createReader("in") };
  return (way, data) => read[way](new Uint8Array(data as ArrayBuffer | Uint8Array<ArrayBuffer>));

  function createReader(way: Way): (bytes: Uint8Array) => void {
    return createPacketReader((type, body, flags) => {
      const text = packetText(type, body, flags);
      if (text === undefined) {
        wire.heartbeat(way);
      } else {
        wire.record({ channel: "MQTT", way, text });
      }
    });
  }
}
