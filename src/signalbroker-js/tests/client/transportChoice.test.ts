import { expect, it } from "vitest";
import { create, useListener, world } from "./listener";
import { tick } from "./server";

useListener();

it("falls back to server-sent events after two failed sockets, and says so", async () => {
  world.listening.start();
  await tick(0);
  world.opened[0]?.lost("blocked", true);
  await tick(15_000);
  world.opened[1]?.lost("blocked", true);
  await tick(15_000);
  world.opened[2]?.listening();
  expect(world.opened.map(({ by }) => by)).toEqual(["websocket", "websocket", "sse"]);
  expect(world.listening.state).toMatchObject({ name: "listening", by: "sse" });
  // Sessions that were never listened to don't end by themselves.
  expect(world.ended).toEqual(["s.1", "s.2"]);

  // A stream that ends, as when its webapp restarts, is followed by a stream.
  world.opened[2]?.lost("restarted", false);
  await tick(15_000);
  expect(world.opened[3]?.by).toBe("sse");
  // What was blocked in one network may not be in another.
  world.opened[3]?.lost("gone", false);
  world.networkChange();
  await tick(15_000);
  expect(world.opened[4]?.by).toBe("websocket");
});

it("does not count a socket as blocked if the node has refused it", async () => {
  world.listening.start();
  for (let attempt = 0; attempt < 4; attempt++) {
    await tick(15_000);
    world.opened.at(-1)?.lost("refused", false);
  }
  expect(new Set(world.opened.map(({ by }) => by))).toEqual(new Set(["websocket"]));
});

it("tries a socket again when server-sent events fail as well, and after ten minutes", async () => {
  world.listening.start();
  await tick(0);
  for (let attempt = 0; attempt < 5; attempt++) {
    const before = world.opened.length;
    world.opened.at(-1)?.lost("blocked", true);
    while (world.opened.length === before) {
      await tick(10);
    }
  }
  expect(world.opened.slice(0, 5).map(({ by }) => by)).toEqual(["websocket", "websocket", "sse", "websocket", "sse"]);

  world.opened.at(-1)?.lost("blocked", true);
  await tick(15_000);
  expect(world.opened.at(-1)?.by).toBe("sse");
  world.opened.at(-1)?.listening();
  await tick(600_000);
  world.opened.at(-1)?.lost("gone", false);
  await tick(15_000);
  expect(world.opened.at(-1)?.by).toBe("websocket");
});

it.each(["websocket", "sse"] as const)("uses only %s when told to", async (by) => {
  create(by);
  world.listening.start();
  for (let attempt = 0; attempt < 4; attempt++) {
    await tick(15_000);
    world.opened.at(-1)?.lost("blocked", true);
  }
  expect(new Set(world.opened.map((transport) => transport.by))).toEqual(new Set([by]));
});
