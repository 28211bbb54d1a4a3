import { expect, it } from "vitest";
import type { Signal } from "../../src/index";
import { connectTo, tick } from "./server";
import { note, settled, settlingTakesMs, stored, useStoredSignals } from "./stored";

useStoredSignals();

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

it("settles a signal only when its handler's promise is fulfilled", async () => {
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

it("repeats settling until the webapp has answered, even in the next session", async () => {
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

it("gives up settling when the webapp refuses it for good", async () => {
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

it("settles what is due before it closes and when the page is left", async () => {
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
