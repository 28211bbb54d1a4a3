import { expect, it } from "vitest";
import type { Recovery } from "../../src/index";
import { connectTo, tick } from "./server";
import { asksFor, createStorage, note, received, settled, settlingTakesMs, stored, useStoredSignals } from "./stored";

useStoredSignals();

it("asks after a reconnect whether everything has arrived, but only if there is a handler", async () => {
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

it("does not count a signal as received before it is settled", async () => {
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

it("remembers over a page reload what was handled but not yet settled", async () => {
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
