import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Session } from "../../src/listening/session";
import type { Transport } from "../../src/listening/transport";
import { createMqttTransport } from "../../src/transports/mqtt";
import {
  createPacketReader,
  join,
  numberAt,
  packetTypes,
  readPublish,
  writeNumber,
  writePacket,
  writePayload,
  writeText,
} from "../../src/transports/mqttPackets";

const offer = { protocol: "mqtt", address: "ws://node/mqtt", subscribe: "s.a", send: "signals" };
const connack = (code = 0): Uint8Array => writePacket(packetTypes.connack, 0, Uint8Array.of(0, code));
const suback = (code = 0): Uint8Array => writePacket(packetTypes.suback, 0, writeNumber(1), Uint8Array.of(code));
const pingresp = writePacket(packetTypes.pingresp);

/** The node's end of a socket: what came in, by the names of the packets, and what it says. */
class Node {
  readyState = 0;
  binaryType = "";
  readonly heard: string[] = [];
  readonly bodies: Uint8Array[] = [];
  closed = false;
  onopen = (): void => undefined;
  onmessage = (_: { data: ArrayBuffer }): void => undefined;
  onclose = (): void => undefined;
  readonly #read = createPacketReader((type, body) => {
    this.heard.push(Object.entries(packetTypes).find(([, number]) => number === type)?.[0] ?? "");
    this.bodies.push(body);
  });

  send(data: Uint8Array): void {
    this.#read(data);
  }
  open(): void {
    this.readyState = 1;
    this.onopen();
  }
  say(...packets: Uint8Array[]): void {
    this.onmessage({ data: join(packets).buffer as ArrayBuffer });
  }
  close(): void {
    this.closed = true;
  }
  terminate(): void {
    this.heard.push("(terminated)");
  }
}

let node: Node;
let told: unknown[][];
let asked: unknown[];
let beat: () => void;
let stopped: number;

function listen(mqtt: object = offer, withinMs = 1500): Transport {
  const openSocket = (...address: unknown[]): unknown => {
    asked = address;
    return (node = new Node());
  };
  const startHeartbeat = (beats: () => void): (() => void) => {
    beat = beats;
    return () => stopped++;
  };
  return createMqttTransport(openSocket, startHeartbeat)(
    { listeningKey: "s.a", passcode: "p", mqtt } as unknown as Session,
    {
      listening: () => told.push(["listening"]),
      received: (body) => told.push(["received", body]),
      lost: (...lost) => told.push(["lost", ...lost]),
    },
    withinMs,
  );
}

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  stopped = 0;
});

afterEach(() => void vi.useRealTimers());

it("logs in and subscribes at once, and listens when the node has confirmed it", () => {
  listen();
  expect(asked).toEqual(["ws://node/mqtt", ["mqtt"]]);
  node.open();
  expect(node.heard).toEqual(["connect", "subscribe"]);
  const login = join([writeText("s.a"), writeText("s.a"), writeText("p")]);
  expect(node.bodies[0]).toEqual(join([writeText("MQTT"), Uint8Array.of(4, 0xc2, 0, 30), login]));
  expect(node.bodies[1]).toEqual(join([writeNumber(1), writeText("s.a"), Uint8Array.of(0)]));
  node.say(connack());
  expect(told).toEqual([]);
  node.say(suback(), writePacket(packetTypes.publish, 0, writeText("s.a"), writePayload('{"ü":1}')));
  expect(told).toEqual([["listening"], ["received", '{"ü":1}']]);
});

it("sends at QoS 1, each with a packet id of its own", () => {
  const transport = listen();
  node.open();
  node.say(connack(), suback());
  transport.send?.("one");
  transport.send?.("two");
  const sent = node.bodies.slice(2).map((body) => ({ ...readPublish(body, 0b0010), id: numberAt(body, 9) }));
  expect(sent).toEqual([
    { topic: "signals", payload: "one", id: 2 },
    { topic: "signals", payload: "two", id: 3 },
  ]);
  for (let number = 0; number < 65_533; number++) {
    transport.send?.("");
  }
  expect(numberAt(node.bodies.at(-1) ?? expect.fail(), 9)).toBe(1);
});

it("sends nothing where the node can't vouch for who sends", () => {
  expect(listen({ ...offer, send: undefined }).send).toBeUndefined();
});

it("leaves the key to another transport if the socket does not open", async () => {
  listen();
  await tick(1500);
  expect(told).toEqual([["lost", "The node did not confirm in time.", true, true]]);
  expect(node.closed).toBe(true);
  // A socket that opens late must not use the key after all.
  node.open();
  expect(node.heard).toEqual([]);

  told = [];
  listen();
  node.onclose();
  expect(told).toEqual([["lost", "The socket to the node closed.", true, true]]);
});

it("counts a socket that can't be opened as blocked, soon but not at once", async () => {
  createMqttTransport(
    () => {
      throw new ReferenceError("no WebSocket");
    },
    () => () => undefined,
  )(
    { listeningKey: "s.a", passcode: "p", mqtt: offer } as unknown as Session,
    { listening: () => undefined, received: () => undefined, lost: (...lost) => told.push(lost) },
    1500,
  );
  expect(told).toEqual([]);
  await tick();
  expect(told).toEqual([["The socket to the node can't be opened (ReferenceError: no WebSocket).", true, true]]);
  await tick(60_000);
  expect(told).toHaveLength(1);
});

it("counts a node that says nothing as blocked, but its key as used", async () => {
  listen();
  await tick(1000);
  node.open();
  await tick(1499);
  expect(told).toEqual([]);
  await tick(1);
  expect(told).toEqual([["lost", "The node did not confirm in time.", true, false]]);
});

it.each([
  ["its login", connack(5), "The node refused: code 5."],
  ["its subscription", join([connack(), suback(0x80)]), "The node refused to subscribe."],
  ["MQTT", Uint8Array.of(0x48, 0xff, 0xff, 0xff, 0xff), /^The node does not speak MQTT/],
])("is told when the node refuses %s", (_, said, reason) => {
  listen();
  node.open();
  node.say(said);
  expect(told).toEqual([["lost", typeof reason === "string" ? reason : expect.stringMatching(reason), expect.any(Boolean), false]]);
  expect(told[0]?.[2]).toBe(typeof reason !== "string");
});

it("is patient with a node that has answered anything", async () => {
  listen();
  node.open();
  node.say(connack());
  await tick(11_999);
  expect(told).toEqual([]);
  await tick(1);
  expect(told).toEqual([["lost", "The node did not confirm in time.", false, false]]);
});

it("pings every twenty seconds, and loses a node that falls silent", async () => {
  listen();
  node.open();
  node.say(connack(), suback());
  for (let minute = 0; minute < 3; minute++) {
    await tick(20_000);
    expect(node.heard.splice(0).filter((name) => name === "pingreq")).toEqual(["pingreq"]);
    node.say(pingresp);
  }
  await tick(20_000);
  expect(told).toEqual([["listening"]]);
  await tick(10_000);
  expect(told.at(-1)).toEqual(["lost", "The node fell silent.", false, false]);
  expect(stopped).toBe(1);
});

it("pings by the worker's heart-beats in a hidden page, whose own timers are slow", async () => {
  vi.stubGlobal("setInterval", () => 0);
  try {
    listen();
    node.open();
    node.say(connack(), suback());
    for (let beats = 0; beats < 4; beats++) {
      await tick(10_000);
      beat();
    }
    expect(node.heard.filter((name) => name === "pingreq")).toEqual(["pingreq"]);
    expect(told.at(-1)).toEqual(["lost", "The node fell silent.", false, false]);
  } finally {
    vi.unstubAllGlobals();
  }
});

it("says goodbye, and gives up the socket of a node that does not", async () => {
  const transport = listen();
  node.open();
  node.say(connack(), suback());
  transport.close();
  expect(node.heard.at(-1)).toBe("disconnect");
  expect(node.closed).toBe(true);
  node.say(writePacket(packetTypes.publish, 0, writeText("s.a"), writePayload("late")));
  expect(told).toEqual([["listening"]]);
  await tick(5000);
  expect(node.heard.at(-1)).toBe("(terminated)");
});
