import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Receipt, Recovery, Signal } from "../../src/index";
import { connectTo, type Server } from "./server";

declare const process: Record<"on" | "off", (event: string, handler: (error: unknown) => void) => void>;

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const stored = (sequence: number, id = `id-${sequence}`): object => ({ id, sequence, from: "bob", to: "alice" });
const settled = ({ asked }: Server): unknown[] =>
  asked.filter(({ what }) => what === "POST /inbox/settle").map(({ body }) => (body as { sequences: unknown }).sequences);
const asksFor = ({ asked }: Server, path: string): string[] =>
  asked.map(({ what }) => what).filter((what) => what.includes(path));
const settlingTakesMs = 20;

/** What `localStorage` does. */
function createStorage(): { getItem(name: string): string | null; setItem(name: string, value: string): void } {
  const kept = new Map<string, string>();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => void kept.set(name, value) };
}

let received: number[];
const note = ({ sequence }: Signal): void => void received.push(sequence ?? 0);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  received = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("hands a stored signal over, and settles it with the others of a short while", async () => {
  const server = await connectTo();
  server.client.onSignal(note);
  await server.bring(stored(1));
  await server.bring(stored(2));
  expect(received).toEqual([1, 2]);
  expect(settled(server)).toEqual([]);
  await tick(settlingTakesMs);
  expect(settled(server)).toEqual([[1, 2]]);
});

it("settles nothing that is not stored", async () => {
  const server = await connectTo();
  const ids: string[] = [];
  server.client.onSignal(({ id }) => void ids.push(id));
  await server.bring({ id: "live", from: "bob", to: "alice" });
  server.client.settle({ id: "live" });
  await tick(1000);
  expect(ids).toEqual(["live"]);
  expect(settled(server)).toEqual([]);
});

it("settles through the socket when signals go out there", async () => {
  const server = await connectTo({ send: "socket" });
  server.client.onSignal(note);
  await server.bring(stored(1));
  await tick(settlingTakesMs);
  expect(server.sent).toMatchObject([{ settle: { sequences: [1] } }]);
  const { id } = server.sent[0] ?? expect.fail();
  await server.bring({ type: "outcome", content: { id, settled: 1, settledThrough: 1 } });
  await tick(60_000);
  expect(server.sent).toHaveLength(1);
});

it("waits with settling until what a handler promised is fulfilled", async () => {
  const server = await connectTo();
  let end = (): void => undefined;
  server.client.onSignal(() => new Promise<void>((resolve) => (end = resolve)));
  await server.bring(stored(1));
  await tick(10_000);
  expect(settled(server)).toEqual([]);
  end();
  await tick(settlingTakesMs);
  expect(settled(server)).toEqual([[1]]);
});

it("drops what comes again, within a session and with the next one, and settles it once more", async () => {
  const server = await connectTo();
  server.client.onSignal(note);
  await server.bring(stored(1));
  await server.bring(stored(1));
  await tick(settlingTakesMs);
  await server.reconnect();
  await server.bring(stored(1));
  await server.bring(stored(2));
  await tick(settlingTakesMs);
  expect(received).toEqual([1, 2]);
  expect(settled(server)).toEqual([[1], [1, 2]]);
});

it("drops what a handler still works on when it comes again", async () => {
  const server = await connectTo();
  let end = (): void => undefined;
  server.client.onSignal((signal) => {
    note(signal);
    return new Promise<void>((resolve) => (end = resolve));
  });
  await server.bring(stored(1));
  await server.reconnect();
  await server.bring(stored(1));
  expect(received).toEqual([1]);
  end();
  await tick(settlingTakesMs);
  expect(settled(server)).toEqual([[1]]);
});

it("knows a stored signal that came before without being stored", async () => {
  const server = await connectTo();
  const ids: string[] = [];
  server.client.onSignal(({ id }) => void ids.push(id));
  await server.bring({ id: "id-1", from: "bob", to: "alice" });
  await server.bring(stored(1));
  await tick(settlingTakesMs);
  expect(ids).toEqual(["id-1"]);
  expect(settled(server)).toEqual([[1]]);
});

it("leaves a signal unsettled whose handler failed, and hands it over again with the next session", async () => {
  const server = await connectTo();
  const reported: unknown[] = [];
  const report = (error: unknown): void => void reported.push(error);
  process.on("unhandledRejection", report);
  let fails = true;
  server.client.onSignal((signal) => {
    note(signal);
    if (fails) {
      throw new Error("no disk");
    }
  });
  await server.bring(stored(1));
  await tick(10_000);
  expect(settled(server)).toEqual([]);
  fails = false;
  await server.reconnect();
  await server.bring(stored(1));
  await tick(settlingTakesMs);
  expect(received).toEqual([1, 1]);
  expect(settled(server)).toEqual([[1]]);
  vi.useRealTimers();
  await new Promise((resolve) => setTimeout(resolve));
  process.off("unhandledRejection", report);
  expect(reported).toMatchObject([{ message: "no disk" }]);
});

it("keeps stored signals for the first handler, in their order", async () => {
  const server = await connectTo();
  await server.bring(stored(1));
  await server.bring(stored(2));
  await tick(1000);
  expect(settled(server)).toEqual([]);
  server.client.onSignal(note);
  expect(received).toEqual([]);
  await tick(settlingTakesMs);
  expect(received).toEqual([1, 2]);
  expect(settled(server)).toEqual([[1, 2]]);
});

it("lets the application settle", async () => {
  const server = await connectTo({ inbox: { settle: "manual" } });
  const signals: Signal[] = [];
  server.client.onSignal((signal) => void signals.push(signal));
  await server.bring(stored(1));
  await server.bring(stored(2));
  await tick(10_000);
  expect(settled(server)).toEqual([]);
  await server.reconnect();
  await server.bring(stored(1));
  await server.bring(stored(2));
  expect(signals).toHaveLength(2);
  server.client.settle(signals[1] ?? expect.fail());
  await tick(settlingTakesMs);
  expect(settled(server)).toEqual([[2]]);
});

it("goes on settling until the webapp has answered, also with the next session", async () => {
  const server = await connectTo();
  server.client.onSignal(note);
  server.answer("POST /inbox/settle", undefined, 503, { settled: 1 });
  await server.bring(stored(1));
  await tick(settlingTakesMs);
  await tick(10_000);
  expect(settled(server)).toEqual([[1], [1], [1]]);

  server.lose();
  await tick();
  server.client.settle({ sequence: 2, id: "id-2" });
  await tick(settlingTakesMs);
  expect(settled(server)).toHaveLength(3);
  await server.comeBack();
  expect(settled(server).at(-1)).toEqual([2]);
});

it("gives settling up that the webapp refuses for good", async () => {
  const server = await connectTo();
  server.client.onSignal(note);
  server.answer("POST /inbox/settle", 404);
  await server.bring(stored(1));
  await tick(60_000);
  expect(settled(server)).toEqual([[1]]);
});

it("settles at most a thousand at a time", async () => {
  const server = await connectTo();
  for (let sequence = 1; sequence <= 1001; sequence++) {
    server.client.settle({ sequence, id: "" });
  }
  await tick(settlingTakesMs);
  expect(settled(server).map((sequences) => (sequences as number[]).length)).toEqual([1000, 1]);
});

it("settles what is due before it closes, and when the page is left", async () => {
  const server = await connectTo();
  server.client.onSignal(note);
  await server.bring(stored(1));
  server.leave();
  expect(settled(server)).toEqual([[1]]);
  await server.reload();
  server.client.onSignal(note);
  await server.bring(stored(2));
  await server.client.close();
  expect(settled(server).at(-1)).toEqual([2]);
});

it("tells each receipt once, and settles it", async () => {
  const server = await connectTo();
  const receipts: Receipt[] = [];
  const content = { id: "7", outcome: "delivered", to: "bob", device: "phone", session: "s.b", at: "2026-01-02T00:00:00Z" };
  const receipt = { id: "r", sequence: 1, type: "receipt", content };
  await server.bring(receipt);
  server.client.onReceipt((told) => void receipts.push(told));
  await tick(settlingTakesMs);
  await server.reconnect();
  await server.bring(receipt);
  expect(receipts).toEqual([{ ...content, room: undefined, member: undefined, at: new Date(content.at) }]);
  expect(settled(server)).toEqual([[1]]);
});

it("takes nothing for a receipt that somebody has sent", async () => {
  const server = await connectTo();
  const receipts: Receipt[] = [];
  server.client.onReceipt((told) => void receipts.push(told));
  await server.bring({ id: "r", from: "mallory", sequence: 1, type: "receipt", content: { id: "7" } });
  await tick(1000);
  expect(receipts).toEqual([]);
});

it("asks after a reconnect whether all has come, and only if somebody wants to know", async () => {
  const server = await connectTo();
  const told: Recovery[] = [];
  server.client.onSignal(note);
  server.answer("GET /inbox", { recovered: false, lastSequence: 9, lowestSequence: 8 });
  await server.bring(stored(4));
  await server.reconnect();
  expect(asksFor(server, "/inbox?")).toEqual([]);
  const stop = server.client.onRecovery((recovery) => void told.push(recovery));
  await tick();
  expect(asksFor(server, "/inbox?")).toEqual(["GET /inbox?limit=0&after=4"]);
  expect(told).toEqual([{ recovered: false, lastSequence: 9, lowestSequence: 8 }]);

  server.answer("GET /inbox", undefined, { recovered: true, lastSequence: 9, lowestSequence: 8 });
  await server.reconnect();
  await server.bring(stored(9));
  await tick(10_000);
  expect(asksFor(server, "/inbox?").slice(1)).toEqual(Array(2).fill("GET /inbox?limit=0&after=4"));
  expect(told.at(-1)?.recovered).toBe(true);
  stop();
  await server.reconnect();
  expect(told).toHaveLength(2);
});

it("does not count on a signal that no handler has done with", async () => {
  const server = await connectTo({ inbox: { settle: "manual" } });
  server.client.onSignal(note);
  server.client.onRecovery(() => undefined);
  server.answer("GET /inbox", { recovered: true, lastSequence: 6, lowestSequence: 1 });
  await server.bring(stored(5));
  await server.bring(stored(6));
  server.client.settle({ sequence: 6, id: "id-6" });
  await server.reconnect();
  expect(asksFor(server, "/inbox?")).toEqual(["GET /inbox?limit=0&after=4"]);
});

it("asks for nothing when it connects for the first time", async () => {
  const server = await connectTo();
  server.client.onRecovery(() => undefined);
  await tick(1000);
  expect(asksFor(server, "/inbox")).toEqual([]);
});

it("remembers over a page reload what was handled and not yet settled", async () => {
  const storage = createStorage();
  const server = await connectTo({ inbox: { storage } });
  server.client.onSignal(note);
  server.answer("POST /inbox/settle", undefined);
  server.answer("GET /inbox", { recovered: true, lastSequence: 2, lowestSequence: 1 });
  await server.bring(stored(1));
  await server.bring(stored(2));
  await tick(settlingTakesMs);

  server.answer("POST /inbox/settle", { settled: 2 });
  await server.reload();
  const told: Recovery[] = [];
  server.client.onSignal(note);
  server.client.onRecovery((recovery) => void told.push(recovery));
  await server.bring(stored(1));
  await server.bring(stored(2));
  await server.bring(stored(3));
  await tick(settlingTakesMs);
  expect(received).toEqual([1, 2, 3]);
  expect(settled(server).at(-1)).toEqual([1, 2, 3]);
  expect(asksFor(server, "/inbox?")).toEqual(["GET /inbox?limit=0&after=2"]);
  expect(told).toHaveLength(1);
});

it("begins anew when an anonymous user comes back under another name", async () => {
  const server = await connectTo({ inbox: { settle: "manual" } });
  server.client.onSignal(note);
  server.client.onRecovery(() => undefined);
  server.answer("GET /inbox", { recovered: true, lastSequence: 1, lowestSequence: 1 });
  await server.bring(stored(1));
  server.rename("anonymous.2");
  await server.reconnect();
  await server.bring(stored(1));
  await server.bring(stored(1, "the new user's first"));
  expect(received).toEqual([1, 1]);
  expect(asksFor(server, "/inbox?")).toEqual(["GET /inbox?limit=0"]);
});

it("settles receipts by itself, also where the application settles signals", async () => {
  const server = await connectTo({ inbox: { settle: "manual" } });
  server.client.onReceipt(() => undefined);
  await server.bring({ id: "r", sequence: 1, type: "receipt", content: { id: "7", outcome: "expired", to: "bob" } });
  await tick(settlingTakesMs);
  expect(settled(server)).toEqual([[1]]);
});

it("takes another signal for a new one although its sequence was used before", async () => {
  const storage = createStorage();
  const server = await connectTo({ inbox: { storage } });
  server.client.onSignal(note);
  server.answer("POST /inbox/settle", undefined);
  await server.bring(stored(1));
  await tick(settlingTakesMs);
  await server.reload();
  server.client.onSignal(note);
  await server.bring(stored(1, "of a restored database"));
  expect(received).toEqual([1, 1]);
});

it("keeps each user's and each device's inbox apart, and works where storages are forbidden", async () => {
  const storage = createStorage();
  const server = await connectTo({ inbox: { storage } });
  server.client.onSignal(note);
  server.answer("POST /inbox/settle", undefined);
  await server.bring(stored(1));
  await server.reload({ device: "phone" });
  server.client.onSignal(note);
  await server.bring(stored(1));
  const forbidden = (): never => {
    throw new Error("SecurityError");
  };
  await server.reload({ inbox: { storage: { getItem: forbidden, setItem: forbidden } } });
  server.client.onSignal(note);
  await server.bring(stored(1));
  expect(received).toEqual([1, 1, 1]);
});
