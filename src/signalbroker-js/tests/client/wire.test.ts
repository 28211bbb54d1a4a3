import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createDuplicates } from "../../src/base/duplicates";
import { isSignal, readEnvelope, type ControlSignal, type Signal } from "../../src/base/envelope";
import { SignalBrokerError } from "../../src/base/errors";
import { createHttp } from "../../src/base/http";
import { createIceServers, readIceServers } from "../../src/listening/iceServers";
import type { Session } from "../../src/listening/session";
import { readSent, writeSignal, type Destination, type SendOptions } from "../../src/sending/signal";
import { createSocketSending } from "../../src/sending/socket";
import { createDispatch } from "../../src/sending/dispatch";
import { createEventReader } from "../../src/transports/eventStream";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const end = "2026-01-01T12:00:00Z";
const signal = (from: string, id: string): Signal => readEnvelope(JSON.stringify({ id, from, content: 1 })) as Signal;

it("reads only envelopes", () => {
  const envelope = readEnvelope(
    '{"id":"1","from":"bob","fromSession":"s.x","to":"a","type":"t","sentAt":"2026-01-01T00:00:00Z","content":[1]}',
  );
  expect(envelope).toMatchObject({ id: "1", from: "bob", fromSession: "s.x", to: "a", type: "t", content: [1] });
  expect((envelope as Signal).sentAt.toISOString()).toBe("2026-01-01T00:00:00.000Z");
  expect(readEnvelope('{"id":"1","from":{"application":"shop"},"to":"a","content":1}')).toMatchObject({
    from: undefined,
    fromApplication: "shop",
    fromSession: undefined,
  });
  expect(readEnvelope("hello")).toBeUndefined();
  expect(readEnvelope('{"content":1}')).toBeUndefined();
});

it("treats an envelope as the server's only if it has no sender", () => {
  const forged = readEnvelope('{"from":"mallory","type":"outcome","content":{"id":"1"}}') ?? expect.fail();
  const application = readEnvelope('{"from":{"application":"shop"},"type":"outcome","content":{}}') ?? expect.fail();
  const genuine = readEnvelope('{"type":"outcome","content":{"id":"1"}}') ?? expect.fail();
  expect(isSignal(forged)).toBe(true);
  expect(isSignal(application)).toBe(true);
  expect(isSignal(genuine)).toBe(false);
});

it("knows only the member id and alias of an anonymous member", () => {
  const masked = (member: string) =>
    readEnvelope(
      `{"id":"1","from":{"member":"${member}","alias":"Fox"},"fromMember":"${member}","room":"r.x","type":"room","content":1}`,
    ) ?? expect.fail();
  const isDuplicate = createDuplicates();
  expect(masked("m.1")).toMatchObject({ from: undefined, fromMember: "m.1", fromAlias: "Fox", room: "r.x" });
  expect(isSignal(masked("m.1"))).toBe(true);
  expect(isDuplicate(masked("m.1") as Signal)).toBe(false);
  expect(isDuplicate(masked("m.2") as Signal)).toBe(false);
  expect(isDuplicate(masked("m.1") as Signal)).toBe(true);
});

it("recognizes duplicates of each sender among the last thousand", () => {
  const isDuplicate = createDuplicates();
  expect(isDuplicate(signal("bob", "1"))).toBe(false);
  expect(isDuplicate(signal("bob", "1"))).toBe(true);
  expect(isDuplicate(signal("carol", "1"))).toBe(false);
  for (let number = 0; number < 1000; number++) {
    isDuplicate(signal("dave", String(number)));
  }
  expect(isDuplicate(signal("dave", "999"))).toBe(true);
  expect(isDuplicate(signal("bob", "1"))).toBe(false);
});

it("writes signals as the webapp reads them", () => {
  const written = (to: Destination, content: unknown, options: SendOptions): unknown =>
    JSON.parse(writeSignal(to, content, options).body);
  expect(written("bob", { a: 1 }, { id: "1" })).toEqual({ to: "bob", id: "1", content: { a: 1 } });
  const stored = { id: "1", store: "always", receipt: "delivered" } as const;
  expect(written({ user: "bob", device: "phone" }, 1, stored)).toEqual({ ...stored, to: "bob", device: "phone", content: 1 });
  expect(written({ room: "r.x", member: "m.1" }, 1, stored)).toEqual({ ...stored, toRoom: "r.x", toMember: "m.1", content: 1 });
  expect(written({ session: "s.x" }, undefined, { id: "1", type: "t", timeToLive: 5 })).toEqual({
    toSession: "s.x",
    id: "1",
    type: "t",
    timeToLive: 5,
    content: null,
  });
});

it("reads what became of a signal", () => {
  const sessions = [{ listeningKey: "s.b", outcome: "queued" }];
  expect(readSent("1", { id: "1", sessions })).toEqual({
    id: "1",
    stored: false,
    accepted: false,
    sessions,
  });
  expect(readSent("1", { outcome: "accepted", sessions: [] })).toMatchObject({ accepted: true, stored: false });
  expect(readSent("1", { outcome: "stored", sessions: [] })).toMatchObject({ stored: true });
});

it("reads server-sent events wherever the network splits them", () => {
  const stream = ': beat\n\ndata: {"a":1}\n\nevent: x\r\ndata:one\r\ndata: two\r\n\r\n:\n\ndata: cut off';
  for (let size = 1; size <= stream.length; size++) {
    const read: string[] = [];
    const take = createEventReader((data) => read.push(data));
    for (let place = 0; place < stream.length; place += size) {
      take(stream.slice(place, place + size));
    }
    expect(read).toEqual(['{"a":1}', "one\ntwo"]);
  }
});

it("matches answers through the socket by id", async () => {
  const sending = createSocketSending();
  const bodies: string[] = [];
  const send = (id: string): Promise<unknown> =>
    sending.send((body) => bodies.push(body), id, JSON.stringify({ id, content: 1 })).catch((error: unknown) => error);
  const control = (type: string, content: object): void => sending.receive({ type, content } as ControlSignal);

  const fine = send("1");
  const refused = send("2");
  const silent = send("3");
  const lost = send("4");
  expect(bodies[0]).toBe('{"id":"1","content":1}');
  control("outcome", { id: "1", sessions: [{ listeningKey: "s.b", outcome: "queued" }] });
  control("error", { id: "2", code: "too-many-requests", detail: "Slow down.", status: 429, retryAfter: 2 });
  expect(await fine).toEqual({ id: "1", sessions: [{ listeningKey: "s.b", outcome: "queued" }] });
  expect(await refused).toMatchObject({ code: "too-many-requests", status: 429, retryAfterMs: 2000 });
  control("outcome", { id: "4711", sessions: [] });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await silent).toMatchObject({ code: "unreachable" });
  expect(await lost).toBeInstanceOf(SignalBrokerError);

  const interrupted = send("5");
  sending.lost();
  expect(await interrupted).toMatchObject({ code: "unreachable" });
});

it("reads ICE servers, and how long their credentials are valid", () => {
  const turn = { urls: ["turn:t.example"], username: "1:s.x", credential: "c" };
  const answer = { iceServers: [{ urls: ["stun:s.example"] }, turn], iceServersExpireAt: end, iceServersTimeToLive: 9000 };
  expect(readIceServers(answer)).toMatchObject({
    servers: [{ urls: ["stun:s.example"], username: undefined, credential: undefined }, turn],
    timeToLive: 9000,
  });
  expect(readIceServers({ iceServers: [] })).toMatchObject({ servers: [], timeToLive: Infinity });
  expect(readIceServers({})).toMatchObject({ servers: [], timeToLive: Infinity });
  expect(readIceServers({ iceServersExpireAt: end })).toMatchObject({ timeToLive: 0 });
});

const day = 24 * 3_600_000;

it.each([
  ["right", 0],
  ["a day behind", -day],
  ["a day ahead", day],
])("asks for new ICE servers before their credentials expire, even if the device's clock is %s", async (_, wrong) => {
  vi.setSystemTime(Date.parse(end) - 3_600_000 + wrong);
  const asked: string[] = [];
  let answer = (): Promise<Response> => Promise.reject(new TypeError("offline"));
  const iceServers = createIceServers(
    createHttp("https://signal.example/", (url, init) => {
      asked.push(`${String(url)} ${new Headers(init?.headers).get("Authorization") ?? ""}`);
      return answer();
    }),
  );
  expect(await iceServers.get()).toEqual([]);
  const [old, fresh] = [[{ urls: "turn:old" }], [{ urls: "turn:fresh" }]];
  const ice = readIceServers({ iceServers: old, iceServersExpireAt: end, iceServersTimeToLive: 3_600_000 });
  iceServers.renew({ listeningKey: "s.a", passcode: "p", ice } as Session);
  await vi.advanceTimersByTimeAsync(55 * 60_000);
  expect(await iceServers.get()).toMatchObject(old);
  expect(asked).toEqual([]);

  // Somebody sets the clock back.
  vi.setSystemTime(Date.parse(end) - day);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await iceServers.get()).toMatchObject(old);
  answer = () => Promise.resolve(Response.json({ iceServers: fresh, iceServersTimeToLive: 3_600_000 }));
  expect(await iceServers.get()).toMatchObject(fresh);
  expect(await iceServers.get()).toMatchObject(fresh);
  expect(asked).toEqual(Array(2).fill(`https://signal.example/ice-servers Basic ${btoa("s.a:p")}`));

  // The device has slept, while its `performance.now()` stood still.
  vi.setSystemTime(Date.now() + day);
  await iceServers.get();
  expect(asked).toHaveLength(3);
});

it("sends a signal over HTTP if its id is in use on the socket", async () => {
  const socket = createSocketSending();
  const bodies: string[] = [];
  const posted: string[] = [];
  const { send } = createDispatch({
    http: createHttp("https://signal.example/", (url, init) => {
      posted.push(`${String(url)} ${(JSON.parse(String(init?.body)) as { to: string }).to}`);
      return Promise.resolve(Response.json({ id: "1", sessions: [] }));
    }),
    socket,
    usesSocket: true,
    current: () => ({
      session: { listeningKey: "s.a", passcode: "p" } as Session,
      transport: { send: (body) => void bodies.push(body), close: () => undefined },
    }),
    expired: () => undefined,
  });

  const first = send(writeSignal("bob", 1, { id: "1" }));
  const second = send(writeSignal("carol", 1, { id: "1" }));
  expect(await second).toEqual({ id: "1", sessions: [] });
  expect(posted).toEqual(["https://signal.example/exchange carol"]);
  socket.receive({ type: "outcome", content: { id: "1", sessions: [], sequence: 7 } } as unknown as ControlSignal);
  expect(await first).toMatchObject({ sequence: 7 });

  void send(writeSignal("bob", 1, { id: "1" }));
  expect(bodies).toHaveLength(2);
});
