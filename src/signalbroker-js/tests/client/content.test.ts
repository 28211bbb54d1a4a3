import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connectTo, type Server } from "./server";
import { stubWebRtc } from "./connection";

let server: Server;

const tick = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const sentContents = (): unknown[] =>
  server.asked.filter(({ what }) => what === "POST /exchange").map(({ body }) => (body as { content: unknown }).content);
const refusalOf = (sending: Promise<unknown>): Promise<Error & { code?: string }> =>
  sending.then(
    () => expect.fail("It was sent."),
    (error: Error) => error,
  );

beforeEach(async () => {
  vi.useFakeTimers();
  server = await connectTo();
  server.answer("POST /exchange", { sessions: [] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it.each(["http", "socket"] as const)("sends content as it was when it was sent, by %s", async (send) => {
  await server.reload({ send });
  const counter = { value: 0 };
  const to = { user: "bob", device: "phone" };
  for (let value = 1; value <= 5; value++) {
    counter.value = value;
    void server.client.send(to, counter);
  }
  counter.value = 0;
  to.user = "eve";
  for (let answers = 0; answers < 5; answers++) {
    await tick();
    const id = server.sent.at(-1)?.["id"];
    if (send === "socket") {
      await server.bring({ type: "outcome", content: { id, sessions: [] } });
    }
  }
  const bodies = send === "http" ? server.asked.map(({ body }) => body as Record<string, unknown>) : server.sent;
  expect(bodies.map(({ content }) => content)).toEqual([1, 2, 3, 4, 5].map((value) => ({ value })));
  expect(new Set(bodies.map((body) => body["to"]))).toEqual(new Set(["bob"]));
});

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}
}

class Sealed {
  readonly #hidden = 1;
  get hidden(): number {
    return this.#hidden;
  }
}

const cycle: { self?: unknown } = {};
cycle.self = cycle;

it.each<[string, unknown, RegExp]>([
  ["a BigInt", { total: 1n }, /content\.total is a BigInt.*String\(/],
  ["a cycle", cycle, /refers to itself/],
  ["an ArrayBuffer", new ArrayBuffer(8), /^content is an ArrayBuffer.*base64.*channel/],
  ["a typed array", { keys: [new Uint8Array(2)] }, /content\.keys\.0 is a Uint8Array.*base64/],
  ["a DataView", new DataView(new ArrayBuffer(1)), /content is a DataView.*base64/],
  ["a Buffer", (globalThis as unknown as { Buffer: { from(text: string): unknown } }).Buffer.from("x"), /content is a Buffer.*base64/],
  ["a Blob", { photo: new Blob(["x"]) }, /content\.photo is a Blob.*base64/],
  ["a Map", { scores: new Map([["a", 1]]) }, /content\.scores is a Map.*\[\.\.\.value\]/],
  ["a Set", new Set([1]), /content is a Set.*\[\.\.\.value\]/],
  ["a Promise", { later: Promise.resolve(1) }, /content\.later is a Promise.*await/],
  ["an Error", new TypeError("no"), /content is a TypeError.*plain object/],
  ["an object that shows nothing", new Sealed(), /content is a Sealed.*plain object/],
  ["a function", () => 1, /content is a function/],
  ["a symbol", Symbol("x"), /content is a symbol/],
])("refuses %s at once, and says what to do", async (_, content, sentence) => {
  const refused = await refusalOf(server.client.send("bob", content));
  expect(refused).toMatchObject({ name: "SignalBrokerError", code: "content-not-json" });
  expect(refused.message).toMatch(sentence);
  // It holds nobody else up.
  void server.client.send("bob", "next");
  await tick();
  expect(sentContents()).toEqual(["next"]);
});

it("sends everything that JSON holds as JSON.stringify writes it", async () => {
  const contents: unknown[] = [
    null,
    undefined,
    0,
    "text",
    [],
    {},
    [{}, [], null, undefined],
    Object.create(null),
    new Date(0),
    new Point(1, 2),
    { toJSON: () => "its own way" },
    { map: Object.assign(new Map(), { toJSON: () => "its own way" }) },
    { left: undefined, out: () => 1, shared: [Point.prototype.constructor.name] },
    new Number(5),
    "\u2028 \ud83d\ude00 \ud800",
  ];
  for (const content of contents) {
    void server.client.send("bob", content);
  }
  for (let sent = 0; sent < contents.length; sent++) {
    await tick();
  }
  expect(sentContents()).toEqual(contents.map((content) => JSON.parse(JSON.stringify(content ?? null)) as unknown));
});

it("refuses the same in a room", async () => {
  server.answer("POST /rooms", { room: "r.1", me: "m.1", members: [], version: 1 });
  server.answer("GET /rooms/r.1/members", { members: [], version: 1 });
  const room = await server.client.createRoom();
  expect(await refusalOf(room.send(new Map()))).toMatchObject({ code: "content-not-json" });
});

it("refuses the same in a call's information, of which it keeps a copy", async () => {
  stubWebRtc();
  expect(await refusalOf(server.client.call("bob", { info: { photo: new Blob() } }))).toMatchObject({
    code: "content-not-json",
    message: expect.stringContaining("info.photo is a Blob") as string,
  });

  const info = { topic: "lunch" };
  server.answer("POST /exchange", { sessions: [{ listeningKey: "s.b", outcome: "queued" }] });
  server.client.call("bob", { info }).catch(() => undefined);
  info.topic = "changed";
  await vi.advanceTimersByTimeAsync(6000);
  const rings = sentContents() as { kind: string; info: unknown }[];
  expect(rings.length).toBeGreaterThan(1);
  expect(rings.map((ring) => ring.info)).toEqual(rings.map(() => ({ topic: "lunch" })));
});
