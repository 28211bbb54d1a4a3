import { expect, it } from "vitest";
import type { Receipt } from "../../src/index";
import { connectTo, tick } from "./server";
import { settled, settlingTakesMs, useStoredSignals } from "./stored";

useStoredSignals();

it("reports each receipt once, and settles it", async () => {
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

it("ignores receipts that were sent by a user", async () => {
  const server = await connectTo();
  const receipts: Receipt[] = [];
  server.client.onReceipt((told) => void receipts.push(told));
  await server.bring({ id: "r", from: "mallory", sequence: 1, type: "receipt", content: { id: "7" } });
  await tick(1000);
  expect(receipts).toEqual([]);
});

it("settles receipts automatically, even if the application settles signals", async () => {
  const server = await connectTo({ inbox: { settle: "manual" } });
  server.client.onReceipt(() => undefined);
  await server.bring({ id: "r", sequence: 1, type: "receipt", content: { id: "7", outcome: "expired", to: "bob" } });
  await tick(settlingTakesMs);
  expect(settled(server)).toEqual([[1]]);
});
