import { createAlarm } from "../base/alarm.js";
import { textOf } from "../base/json.js";
import type { Session } from "../listening/session.js";
import { listeningWithinMs, type OpenTransport } from "../listening/transport.js";
import type { StartHeartbeat } from "./heartbeat.js";
import {
  createPacketReader,
  join,
  packetTypes,
  readPublish,
  writeNumber,
  writePacket,
  writePayload,
  writeText,
} from "./mqttPackets.js";
import type { OpenSocket } from "./stomp.js";

/** What is needed of a WebSocket; the one of `ws` can be cut off as well. */
interface Socket
  extends Pick<WebSocket, "binaryType" | "readyState" | "onopen" | "onmessage" | "onclose" | "onerror" | "close"> {
  send(data: Uint8Array): void;
  terminate?(): void;
}

/** What the node is told: it closes a socket that is silent for half as long again. */
const keepAliveSeconds = 30;
const tickMs = 10_000;
/** At every second tick, however late that comes; in hidden pages the ticks of a worker come between. */
const pingAfterMs = 15_000;
/** A node that has said nothing for so long after a ping is dead, as one says at the next tick. */
const pongWithinMs = 8000;
/** How long a node may take to confirm the end. */
const farewellMs = 5000;
const isOpen = 1;
const isClosed = 3;

const protocolLevel = 4;
/** A user name, a password and a clean session. */
const connectFlags = 0b1100_0010;
const atLeastOnce = 0b0010;
const subscribeFlags = 0b0010;
const lastPacketId = 65_535;

/** Listens to a session's topic on its node at QoS 0, and sends at QoS 1: MQTT 3.1.1 over a WebSocket. */
export function createMqttTransport(openSocket: OpenSocket, startHeartbeat: StartHeartbeat): OpenTransport {
  return (session, events, withinMs) => {
    const { address, subscribe, send } = offerOf(session);
    const patience = createAlarm();
    let ended = false;
    let isUnused = true;
    let isBlocked = true;
    let heardAt = 0;
    let pingedAt = 0;
    let packetId = 1;
    let stopTicking = (): void => undefined;

    const socket = open();
    wait(withinMs);
    const transport = { close: end };
    return send === undefined ? transport : { ...transport, send: (body) => publish(send, body) };

    function open(): Socket | undefined {
      try {
        const opened = openSocket(address, ["mqtt"]) as Socket;
        const read = createPacketReader(receive);
        opened.binaryType = "arraybuffer";
        opened.onopen = () => {
          if (!ended) {
            isUnused = false;
            wait(withinMs);
            // A node takes both in turn: there is no need to wait for its answer to the first.
            opened.send(join([writeConnect(session), writeSubscribe(subscribe, packetId)]));
          }
        };
        opened.onmessage = ({ data }) => {
          heardAt = performance.now();
          try {
            read(new Uint8Array(data as ArrayBuffer));
          } catch (error) {
            lose(`The node does not speak MQTT (${String(error)}).`);
          }
        };
        opened.onclose = () => lose("The socket to the node closed.");
        // The end follows.
        opened.onerror = () => undefined;
        return opened;
      } catch (error) {
        // Nobody would catch it: there is no WebSocket here, or the page's policy forbids it.
        const reason = `The socket to the node can't be opened (${String(error)}).`;
        queueMicrotask(() => lose(reason));
        return undefined;
      }
    }

    function receive(type: number, body: Uint8Array, flags: number): void {
      if (ended) {
        return;
      }
      isBlocked = false;
      if (type === packetTypes.publish) {
        events.received(readPublish(body, flags).payload);
      } else if (type === packetTypes.connack) {
        if (body[1] === 0) {
          wait(listeningWithinMs);
        } else {
          lose(`The node refused: code ${body[1]}.`);
        }
      } else if (type === packetTypes.suback) {
        if (body[2] === 0) {
          patience.clear();
          stopTicking = startTicking();
          events.listening();
        } else {
          lose("The node refused to subscribe.");
        }
      }
    }

    function startTicking(): () => void {
      pingedAt = heardAt;
      const ticker = setInterval(tick, tickMs);
      const stopHeartbeat = startHeartbeat(tick);
      return () => {
        clearInterval(ticker);
        stopHeartbeat();
      };
    }

    function tick(): void {
      const sinceMs = performance.now() - pingedAt;
      if (heardAt < pingedAt && sinceMs >= pongWithinMs) {
        lose("The node fell silent.");
      } else if (sinceMs >= pingAfterMs) {
        pingedAt = performance.now();
        write(writePacket(packetTypes.pingreq));
      }
    }

    function publish(topic: string, body: string): void {
      packetId = (packetId % lastPacketId) + 1;
      write(
        writePacket(packetTypes.publish, atLeastOnce, writeText(topic), writeNumber(packetId), writePayload(body)),
      );
    }

    function write(packet: Uint8Array): void {
      if (socket?.readyState === isOpen) {
        socket.send(packet);
      }
    }

    function wait(ms: number): void {
      patience.set(ms, () => lose("The node did not confirm in time."));
    }

    function lose(reason: string): void {
      if (!ended) {
        end();
        events.lost(reason, isBlocked, isUnused);
      }
    }

    function end(): void {
      ended = true;
      patience.clear();
      stopTicking();
      if (socket) {
        write(writePacket(packetTypes.disconnect));
        leave(socket);
      }
    }
  };
}

function offerOf({ mqtt = {} }: Session): { address: string; subscribe: string; send: string | undefined } {
  return {
    address: textOf(mqtt, "address") ?? "",
    subscribe: textOf(mqtt, "subscribe") ?? "",
    send: textOf(mqtt, "send"),
  };
}

function writeConnect({ listeningKey, passcode }: Session): Uint8Array {
  return writePacket(
    packetTypes.connect,
    0,
    writeText("MQTT"),
    Uint8Array.of(protocolLevel, connectFlags),
    writeNumber(keepAliveSeconds),
    // The client id is the user name.
    writeText(listeningKey),
    writeText(listeningKey),
    writeText(passcode),
  );
}

function writeSubscribe(topic: string, packetId: number): Uint8Array {
  return writePacket(packetTypes.subscribe, subscribeFlags, writeNumber(packetId), writeText(topic), Uint8Array.of(0));
}

/** A stuck node never answers the closing handshake, which would keep a program alive. */
function leave(socket: Socket): void {
  if (socket.readyState === isClosed) {
    return;
  }
  const forced = setTimeout(() => socket.terminate?.(), farewellMs);
  socket.onclose = () => clearTimeout(forced);
  socket.close();
}
