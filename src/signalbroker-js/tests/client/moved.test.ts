import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { callType } from "../../src/calls/content";
import type { ConnectOptions } from "../../src/options";
import { stubWebRtc } from "./connection";
import { connectTo, tick, type Server, type Socket } from "./server";

const asOf = "2026-01-01T00:00:00Z";
const away = { userId: "bob", state: "away", devices: [], asOf };
const here = { ...away, state: "listening", asOf: "2026-01-01T00:00:01Z" };
const outcome = (id: unknown): object => ({ type: "outcome", content: { id, sessions: [] } });
const says = (content: object): object => ({ id: "", from: "bob", fromSession: "s.bob", type: callType, content });
const ring = { call: "c", kind: "ring", media: {}, channels: [] };
const marker = (by: string, of: number): object => ({ type: "session", content: { event: "moved", by, of } });

let server: Server;

/** Connects, and moves to another node; `meanwhile` is what happens before the old socket has brought all. */
async function moveFrom(options: Partial<ConnectOptions> = {}, meanwhile = async (_: Socket) => {}): Promise<void> {
  server = await connectTo(options);
  await move(meanwhile);
}

async function move(meanwhile = async (_: Socket) => {}): Promise<void> {
  const old = server.sockets.at(-1) ?? expect.fail("There is no socket.");
  await server.askToMove();
  await meanwhile(old);
  await server.bring(marker("w1", 1), old);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  stubWebRtc();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

it("neither reads nor says anything again because it has moved, and goes on hearing", async () => {
  const states: string[] = [];
  const heard: string[] = [];
  server = await connectTo({ onState: (state) => states.push(state.name) });
  server.answer("POST /rooms", { room: "r.x", version: 1, me: "m.me", owner: "m.me" });
  server.answer("GET /rooms/r.x/members", { version: 1, members: [{ member: "m.me", owner: true }] });
  server.answer("PUT /presence/subscriptions", { presence: [away] });
  server.answer("POST /exchange", { sessions: [{ listeningKey: "s.bob", outcome: "queued" }] });
  const { client } = server;
  client.onRecovery(() => heard.push("recovery"));
  const room = await client.createRoom();
  room.onMembers(({ joined }) => heard.push(`${joined[0]?.alias} joined`));
  await client.watch(["bob"], ({ state }) => void heard.push(`bob ${state}`));
  client.onCall(async (incoming) => void (await incoming.accept()));
  await server.bring(says(ring));
  await server.bring(says({ call: "c", kind: "negotiate" }));
  await tick(1000);
  expect(client.calls).toHaveLength(1);

  const before = server.asked.length;
  await move();
  await tick(1000);
  expect(server.asked.length).toBe(before);
  expect(client.calls).toHaveLength(1);
  expect(server.sockets.map(({ isClosed }) => isClosed)).toEqual([true, false]);
  expect(states).toEqual(["connecting", "listening", "listening"]);
  expect(client.session).toMatchObject({ listeningKey: "s.2", knownAs: "s.1" });

  const member = { member: "m.fox", alias: "Fox" };
  await server.bring({ type: "room", content: { event: "joined", room: "r.x", version: 2, member, owner: "m.me" } });
  await server.bring({ type: "presence", content: here });
  expect(heard).toEqual(["bob away", "Fox joined", "bob listening"]);
});

it("proves by the old session who it is, with the line of all its sessions and without a token", async () => {
  await moveFrom({ token: "jwt" });
  expect(server.connects[1]).toMatchObject({
    userId: "alice",
    line: server.connects[0]?.["line"],
    resumes: true,
    predecessor: { listeningKey: "s.1", passcode: "p", listens: true },
  });
  expect(server.tokens).toEqual(["Bearer jwt", null]);
});

it("hands over what the old socket brings before what the new one does, each once", async () => {
  const got: string[] = [];
  const signal = (id: string): object => ({ id, from: "bob", fromSession: "s.bob", to: "alice" });
  server = await connectTo();
  server.client.onSignal(({ id }) => void got.push(id));
  await move(async (old) => {
    await server.bring(signal("3"));
    await server.bring(signal("1"), old);
    await server.bring(marker("w2", 2), old);
    await server.bring(signal("2"), old);
    await server.bring(signal("2"));
    expect(got).toEqual(["1", "2"]);
  });
  await server.bring(signal("4"));
  expect(got).toEqual(["1", "2", "3", "4"]);
});

it("requests with the new credential before the successor listens", async () => {
  server = await connectTo();
  server.answer("POST /presence", { presence: [away] });
  server.answer("POST /exchange", { sessions: [] });
  server.holdSockets();
  await server.askToMove();
  expect(server.client.session.listeningKey).toBe("s.1");
  await server.client.presence("bob");
  await server.client.send("bob", 1);
  expect(server.askedWith).toEqual(["s.2", "s.2"]);
});

it("sends nothing twice through the socket, and nothing out of order, because it moves", async () => {
  server = await connectTo({ send: "socket" });
  const ids = ["1", "2", "3"];
  const sent: Promise<unknown>[] = [];
  const wentThrough = (): unknown[] => server.sockets.map(({ sent }) => sent.map(({ id }) => id));
  sent.push(server.client.send("bob", 1, { id: "1" }));
  await move(async (old) => {
    sent.push(server.client.send("carol", 2, { id: "2" }), server.client.send("bob", 3, { id: "3" }));
    await tick();
    expect(wentThrough()).toEqual([["1"], []]);
    await server.bring(outcome("1"), old);
    await tick();
    expect(wentThrough()).toEqual([["1"], ["2", "3"]]);
  });
  // The old socket may be gone before the new one has answered.
  expect(server.sockets[0]?.isClosed).toBe(true);
  await server.bring(outcome("2"));
  await server.bring(outcome("3"));
  expect(await Promise.all(sent)).toMatchObject(ids.map((id) => ({ id })));
});

it("sends again, under the same id, what the old socket has left without an answer", async () => {
  server = await connectTo({ send: "socket" });
  const sent = server.client.send("bob", 1, { id: "1" });
  await move();
  await tick(2000);
  expect(server.sockets[0]?.isClosed).toBe(true);
  expect(server.sockets[1]?.sent).toEqual([]);
  await tick(250);
  expect(server.sockets[1]?.sent).toMatchObject([{ id: "1" }]);
  await server.bring(outcome("1"));
  expect(await sent).toMatchObject({ id: "1" });
});

it("knows under its old name that it would ring at itself", async () => {
  await moveFrom();
  server.answer("POST /exchange", { sessions: [{ listeningKey: "s.1", outcome: "queued" }] });
  const call = server.client.call("alice").catch(({ code }: { code: string }) => code);
  await tick();
  expect(await call).toBe("no-other-device");
});

it("takes an answer that it has given under its old name for its own", async () => {
  await moveFrom();
  server.answer("POST /exchange", { sessions: [{ listeningKey: "s.bob", outcome: "queued" }] });
  const ends: string[] = [];
  server.client.onCall(async (incoming) => {
    void incoming.ended.then((how) => ends.push(how));
    await incoming.accept();
  });
  await server.bring(says(ring));
  await tick(100);
  await server.bring(says({ call: "c", kind: "stop", reason: "answered-elsewhere", by: "s.1" }));
  expect(ends).toEqual([]);
  await server.bring(says({ call: "c", kind: "stop", reason: "answered-elsewhere", by: "s.2" }));
  expect(ends).toEqual(["answered-elsewhere"]);
});

it("moves again when the new session is asked to, also while what it brings is held back", async () => {
  server = await connectTo();
  await move(() => server.askToMove());
  await vi.dynamicImportSettled();
  await tick();
  await server.bring(marker("w1", 1), server.sockets[1]);
  expect(server.sockets.map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
  expect(server.client.session).toMatchObject({ listeningKey: "s.3", knownAs: "s.1" });
  expect(server.client.state.name).toBe("listening");
});
