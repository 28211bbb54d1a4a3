import { expect, it } from "vitest";
import { create, listen, useListener, world } from "./listener";
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

it("listens by MQTT where the session offers it, and says so", async () => {
  world.offersMqtt = true;
  await listen();
  expect(world.opened.map(({ by }) => by)).toEqual(["mqtt"]);
  expect(world.listening.state).toMatchObject({ name: "listening", by: "websocket", protocol: "mqtt" });
  world.opened[0]?.lost("gone", false);
  await tick(15_000);
  expect(world.opened[1]?.by).toBe("mqtt");
});

it("falls back to STOMP at once, with the same session, where MQTT is blocked, and remembers it", async () => {
  world.offersMqtt = true;
  world.listening.start();
  await tick(0);
  world.opened[0]?.lost("blocked", true, true);
  expect(world.opened.map(({ by }) => by)).toEqual(["mqtt", "websocket"]);
  expect(world.asked).toBe(1);
  world.opened[1]?.listening();
  expect(world.listening.state).toMatchObject({ name: "listening", by: "websocket", protocol: "stomp" });

  world.opened[1]?.lost("gone", false);
  await tick(15_000);
  expect(world.opened[2]?.by).toBe("websocket");
  world.opened[2]?.listening();
  await tick(600_000);
  world.opened[2]?.lost("gone", false);
  await tick(15_000);
  expect(world.opened[3]?.by).toBe("mqtt");
});

it("listens to events where MQTT is blocked and the node offers no STOMP", async () => {
  world.offersMqtt = true;
  world.offersStomp = false;
  world.listening.start();
  await tick(0);
  world.opened[0]?.lost("blocked", true, true);
  expect(world.opened.map(({ by }) => by)).toEqual(["mqtt", "sse"]);
  world.opened[1]?.listening();
  expect(world.listening.state).toMatchObject({ name: "listening", by: "sse" });
});

it("listens to events where the application wants no MQTT and the node offers no STOMP", async () => {
  world.offersStomp = false;
  await listen();
  expect(world.opened.map(({ by }) => by)).toEqual(["sse"]);
});

it("tries MQTT again in another network", async () => {
  world.offersMqtt = true;
  world.listening.start();
  await tick(0);
  world.opened[0]?.lost("blocked", true, true);
  world.opened[1]?.listening();
  world.networkChange();
  world.opened[1]?.lost("gone", false);
  await tick(15_000);
  expect(world.opened[2]?.by).toBe("mqtt");
});

it.each([
  ["swallowed its login", true],
  ["refused it", false],
])("asks for another session at once, and speaks STOMP, where something %s", async (_, isBlocked) => {
  world.offersMqtt = true;
  world.listening.start();
  await tick(0);
  world.opened[0]?.lost("no", isBlocked, false);
  await tick(0);
  expect(world.opened.map(({ by }) => by)).toEqual(["mqtt", "websocket"]);
  expect(world.asked).toBe(2);
  expect(world.ended).toEqual(["s.1"]);
});

it("leaves MQTT, once it has worked, only after it was blocked twice, and never for a node that refuses", async () => {
  world.offersMqtt = true;
  await listen();
  world.opened[0]?.lost("gone", false);
  for (let attempt = 1; attempt <= 3; attempt++) {
    await tick(15_000);
    world.opened[attempt]?.lost("refused", false, false);
  }
  await tick(15_000);
  world.opened[4]?.lost("blocked", true, true);
  expect(world.opened).toHaveLength(5);
  await tick(15_000);
  world.opened[5]?.lost("blocked", true, true);
  expect(world.opened.map(({ by }) => by)).toEqual([...Array<string>(6).fill("mqtt"), "websocket"]);
  // A STOMP socket that is blocked as well is the last one.
  world.opened[6]?.lost("blocked", true);
  await tick(0);
  expect(world.opened[7]?.by).toBe("sse");
});

it("reaches server-sent events within 5 s, whatever happens to the sockets of both protocols", async () => {
  for (const isSilent of [[true, true], [false, true], [true, false, true], [false, false, true]]) {
    create();
    world.offersMqtt = true;
    const first = world.opened.length;
    world.listening.start();
    await tick(0);
    const begun = performance.now();
    for (const silent of isSilent) {
      const before = world.opened.length;
      const { withinMs } = world.opened.at(-1) ?? expect.fail();
      await tick(silent ? withinMs : 0);
      world.opened.at(-1)?.lost("blocked", true, before === first + 1);
      for (let waited = 0; world.opened.length === before && waited < 1000; waited += 10) {
        await tick(10);
      }
    }
    expect(world.opened.slice(first).map(({ by }) => by).at(-1)).toBe("sse");
    expect(performance.now() - begun).toBeLessThan(4500);
  }
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
