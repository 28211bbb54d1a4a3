import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connectTo, tick, type Server } from "./server";

let server: Server;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it("says with each session where it would like to be", async () => {
  server = await connectTo({ place: { region: "eu", labels: ["ipv6"], near: "meeting" } });
  await server.reconnect();
  expect(server.connects).toHaveLength(2);
  for (const asked of server.connects) {
    expect(asked).toMatchObject({ userId: "alice", region: "eu", labels: ["ipv6"], near: "meeting" });
  }
});

it("finds out once which region opens a socket first, and closes all that it has opened", async () => {
  server = await connectTo();
  const nodes = createNodes({ "ws://eu/ws": 300, "ws://us/ws": 100, "ws://asia/ws": undefined });
  server.answer("GET /nodes", { regions: ["asia", "eu", "us"].map((region) => ({ region, address: `ws://${region}/ws` })) });
  await reload(nodes.openSocket);
  await server.reconnect();
  expect(server.connects.map(({ region }) => region)).toEqual([undefined, "us", "us"]);
  expect(server.asked.filter(({ what }) => what === "GET /nodes")).toHaveLength(1);
  expect(nodes.open).toEqual([]);
});

it("takes the only region without a question", async () => {
  server = await connectTo();
  const nodes = createNodes({});
  server.answer("GET /nodes", { regions: [{ region: "eu", address: "ws://eu/ws" }] });
  await reload(nodes.openSocket);
  expect(server.connects.at(-1)).toMatchObject({ region: "eu" });
});

it.each([
  ["the server lists none", 404, {}],
  ["there are none", { regions: [] }, {}],
  ["no node opens one", { regions: ["eu", "us"].map((region) => ({ region, address: region })) }, {}],
])("connects to any node where %s", async (_, answer, answeringAfterMs) => {
  server = await connectTo();
  const nodes = createNodes(answeringAfterMs);
  server.answer("GET /nodes", answer);
  await reload(nodes.openSocket);
  expect(server.connects.at(-1)).toMatchObject({ userId: "alice" });
  expect(server.connects.at(-1)).not.toHaveProperty("region");
  expect(nodes.open).toEqual([]);
});

async function reload(openSocket: (address: string) => unknown): Promise<void> {
  const connected = server.reload({ place: { region: "nearest" }, openSocket });
  await vi.dynamicImportSettled();
  await tick(5000);
  await connected;
}

/** Nodes that open a socket after so many milliseconds, or never. */
function createNodes(openAfterMs: Record<string, number | undefined>) {
  const open: string[] = [];
  return {
    open,
    openSocket(address: string) {
      const socket = { onopen: () => undefined, close: () => open.splice(open.indexOf(address), 1) };
      const ms = openAfterMs[address];
      open.push(address);
      if (ms !== undefined) {
        setTimeout(() => socket.onopen(), ms);
      }
      return socket;
    },
  };
}
