import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SignalBrokerError } from "../../src/base/errors";
import { connectTo, type Server } from "./server";

let server: Server;

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const codeOf = (sending: Promise<unknown>): Promise<string> =>
  sending.then(
    () => "sent",
    (error: SignalBrokerError) => error.code,
  );
const contents = (): unknown[] =>
  server.asked.filter(({ what }) => what === "POST /exchange").map(({ body }) => (body as { content: unknown }).content);
const isDone = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await tick();
  return done;
};

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  server = await connectTo();
  server.answer("POST /exchange", { sessions: [] });
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("sends what was sent before it is closed, in order", async () => {
  const sent = [1, 2, 3].map((content) => codeOf(server.client.send("bob", content)));
  await server.client.close();
  expect(await Promise.all(sent)).toEqual(["sent", "sent", "sent"]);
  expect(contents()).toEqual([1, 2, 3]);
});

it("accepts nothing more once it is being closed", async () => {
  const release = server.hold("POST /exchange");
  const before = codeOf(server.client.send("bob", "before"));
  const closed = server.client.close();
  expect(await codeOf(server.client.send("bob", "after"))).toBe("closed");
  expect(await isDone(closed)).toBe(false);
  release();
  await closed;
  expect(await before).toBe("sent");
  expect(contents()).toEqual(["before"]);
});

it("waits five seconds for an answer, and no longer", async () => {
  server.hold("POST /exchange");
  const under = codeOf(server.client.send("bob", "under way"));
  const behind = codeOf(server.client.send("bob", "behind it"));
  const closed = server.client.close();
  await tick(4999);
  expect(server.client.state.name).toBe("listening");
  await tick(1);
  await closed;
  expect(server.client.state).toMatchObject({ name: "closed", problem: { code: "closed" } });
  // It may have arrived, and the one behind it was never sent.
  expect(await under).toBe("unreachable");
  expect(await behind).toBe("closed");
});

it("does not claim that an unanswered signal was not sent", async () => {
  server.answer("POST /exchange", undefined);
  const unanswered = codeOf(server.client.send("bob", 1));
  await tick();
  server.lose();
  const waiting = codeOf(server.client.send("carol", 2));
  await server.client.close();
  expect(await unanswered).toBe("unreachable");
  expect(await waiting).toBe("closed");
});

it("says that a signal refused for the moment was not sent", async () => {
  server.answer("POST /exchange", 429);
  const refused = codeOf(server.client.send("bob", 1));
  await tick();
  server.lose();
  await server.client.close();
  expect(await refused).toBe("closed");
});

it("does not wait while nothing listens", async () => {
  server.lose();
  const waiting = codeOf(server.client.send("bob", 1));
  expect(await isDone(server.client.close())).toBe(true);
  expect(await waiting).toBe("closed");
});

it("waits for answers to requests made before it was closed", async () => {
  server.answer("POST /presence", { presence: [{ userId: "bob", state: "listening", devices: [] }] });
  const release = server.hold("POST /presence");
  const presence = codeOf(server.client.presence("bob"));
  const closed = server.client.close();
  expect(await isDone(closed)).toBe(false);
  release();
  await closed;
  expect(await presence).toBe("sent");
});

it("closes once, however often it is asked to", async () => {
  const release = server.hold("POST /exchange");
  const sent = codeOf(server.client.send("bob", 1));
  const closed = [server.client.close(), server.client.close()];
  expect(await isDone(Promise.race(closed))).toBe(false);
  release();
  await Promise.all(closed);
  expect(await sent).toBe("sent");
});

it("leaves no timer behind", async () => {
  await server.client.send("bob", 1);
  await server.client.close();
  expect(vi.getTimerCount()).toBe(0);
});
