import { expect, it, vi } from "vitest";
import { connectTo, tick } from "./server";
import { asksFor, createStorage, note, received, settled, settlingTakesMs, stored, useStoredSignals } from "./stored";

declare const process: Record<"on" | "off", (event: string, handler: (error: unknown) => void) => void>;

useStoredSignals();

it("hands over a stored signal, and settles it together with others of the next 20 ms", async () => {
  const server = await connectTo();
  server.client.onSignal(note);
  await server.bring(stored(1));
  await server.bring(stored(2));
  expect(received).toEqual([1, 2]);
  expect(settled(server)).toEqual([]);
  await tick(settlingTakesMs);
  expect(settled(server)).toEqual([[1, 2]]);
});

it("drops a duplicate, in the same session or the next, and settles it again", async () => {
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

it("drops a duplicate of a signal that a handler is still working on", async () => {
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

it("recognizes a stored signal that has already been delivered live", async () => {
  const server = await connectTo();
  const ids: string[] = [];
  server.client.onSignal(({ id }) => void ids.push(id));
  await server.bring({ id: "id-1", from: "bob", to: "alice" });
  await server.bring(stored(1));
  await tick(settlingTakesMs);
  expect(ids).toEqual(["id-1"]);
  expect(settled(server)).toEqual([[1]]);
});

it("leaves a signal unsettled if its handler fails, and delivers it again in the next session", async () => {
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

it("treats another signal with a used sequence as new", async () => {
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

it("keeps the inboxes of users and devices apart, and works where storage is forbidden", async () => {
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
