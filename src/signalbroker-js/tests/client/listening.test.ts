import { expect, it, vi } from "vitest";
import type { Session } from "../../src/listening/session";
import { listen, refusal, sessionNamed, useListener, world } from "./listener";
import { tick } from "./server";

useListener();

it("listens only after the broker has confirmed it", async () => {
  world.listening.start();
  await tick(0);
  expect(world.opened).toHaveLength(1);
  expect(world.listening.state.name).toBe("connecting");
  expect(world.listening.current).toBeUndefined();
  world.opened[0]?.listening();
  expect(world.listening.state).toMatchObject({ name: "listening", by: "websocket", session: { listeningKey: "s.1" } });
  expect(world.listening.current?.session.passcode).toBe("secret");
});

it("shows no secret in its state", async () => {
  await listen();
  expect(JSON.stringify(world.states)).not.toContain("secret");
});

it("replaces a lost session by a new one, and says why", async () => {
  await listen();
  world.opened[0]?.lost("The socket closed.", false);
  expect(world.listening.state).toMatchObject({ name: "reconnecting", problem: { reason: "The socket closed." } });
  expect(world.listening.current).toBeUndefined();
  await tick(250);
  world.opened[1]?.listening();
  expect(world.listening.state).toMatchObject({ name: "listening", session: { listeningKey: "s.2" } });
  // Its socket has ended it.
  expect(world.ended).toEqual([]);
});

it("waits longer after each failure, and starts over after a stable session", async () => {
  await listen();
  world.opened[0]?.lost("gone", false);
  await tick(250);
  world.opened[1]?.lost("gone", false);
  await tick(499);
  expect(world.asked).toBe(2);
  await tick(1);
  expect(world.asked).toBe(3);

  world.opened[2]?.listening();
  await tick(15_000);
  world.opened[2]?.lost("gone", false);
  await tick(250);
  expect(world.asked).toBe(4);
});

it("tries at once when that may help, but not before the time that the webapp asked for", async () => {
  await listen();
  world.opened[0]?.lost("gone", false);
  world.wake();
  await tick(0);
  expect(world.asked).toBe(2);

  world.answer = () => Promise.reject(refusal(503, "no-node-available", 5000));
  world.opened[1]?.lost("gone", false);
  world.wake();
  await tick(0);
  expect(world.asked).toBe(3);
  world.wake();
  await tick(4999);
  expect(world.asked).toBe(3);
  expect(world.listening.state).toMatchObject({ name: "reconnecting", problem: { code: "no-node-available" } });
  await tick(10_000);
  expect(world.asked).toBeGreaterThan(3);
});

it("ignores a wake while it listens or connects", async () => {
  world.listening.start();
  world.wake();
  await tick(0);
  world.opened[0]?.listening();
  world.wake();
  await tick(60_000);
  expect(world.asked).toBe(1);
});

it("does not connect while offline, and connects at once when back online", async () => {
  await listen();
  world.online = false;
  world.opened[0]?.lost("gone", false);
  await tick(3_600_000);
  expect(world.asked).toBe(1);
  expect(world.listening.state).toMatchObject({ name: "reconnecting", problem: { code: "offline" } });
  world.online = true;
  world.wake();
  await tick(0);
  expect(world.asked).toBe(2);
});

it("leaves no session behind when it is closed before the webapp answers", async () => {
  let arrive: (session: Session) => void = () => undefined;
  world.answer = () => new Promise((resolve) => (arrive = resolve));
  world.listening.start();
  await world.listening.close({ code: "closed", reason: "" });
  arrive(sessionNamed("s.late"));
  await tick(0);
  expect(world.ended).toEqual(["s.late"]);
  expect(world.opened).toHaveLength(0);
});

it("does not use a session that is opened too late", async () => {
  let arrive: (session: Session) => void = () => undefined;
  world.answer = () => new Promise((resolve) => (arrive = resolve));
  world.listening.start();
  await tick(0);
  const arriveLate = arrive;
  world.listening.leave();
  world.listening.comeBack();
  await tick(0);
  arrive(sessionNamed("s.2"));
  await tick(0);
  arriveLate(sessionNamed("s.1"));
  await tick(0);
  expect(world.taken).toEqual(["s.2"]);
  expect(world.ended).toEqual(["s.1"]);
  expect(world.opened).toHaveLength(1);
});

it("ends its session when it is closed, and stays closed", async () => {
  await listen();
  await world.listening.close({ code: "closed", reason: "done" });
  expect(world.ended).toEqual(["s.1"]);
  expect(world.opened[0]?.closed).toBe(true);
  world.wake();
  await tick(60_000);
  expect(world.asked).toBe(1);
  expect(world.states.map(({ name }) => name)).toEqual(["listening", "closed"]);
});

it("drops only the session that the webapp no longer knows", async () => {
  await listen();
  const { session } = world.listening.current ?? expect.fail();
  world.listening.expired(session);
  expect(world.listening.state).toMatchObject({ name: "reconnecting", problem: { code: "unauthorized" } });
  await tick(250);
  world.opened[1]?.listening();
  world.listening.expired(session);
  expect(world.listening.state.name).toBe("listening");
});

it("reconnects when the page is shown again", async () => {
  await listen();
  world.listening.leave();
  expect(world.ended).toEqual(["s.1"]);
  await tick(60_000);
  expect(world.asked).toBe(1);
  world.listening.comeBack();
  await tick(0);
  expect(world.asked).toBe(2);
});

it("waits as long as the webapp asked, even when the page is shown again", async () => {
  await listen();
  world.answer = () => Promise.reject(refusal(503, "no-node-available", 60_000));
  world.opened[0]?.lost("gone", false);
  await tick(250);
  expect(world.asked).toBe(2);
  world.answer = () => Promise.resolve(sessionNamed("s.3"));
  world.listening.leave();
  await tick(10_000);
  // However the device's clock is set meanwhile.
  vi.setSystemTime(Date.now() + 3_600_000);
  world.listening.comeBack();
  expect(world.listening.state).toMatchObject({ name: "reconnecting", problem: { code: "no-node-available" } });
  await tick(49_999);
  expect(world.asked).toBe(2);
  await tick(1);
  expect(world.asked).toBe(3);
});

it("connects on time if the browser is back online too early", async () => {
  await listen();
  world.answer = () => Promise.reject(refusal(503, "no-node-available", 60_000));
  world.opened[0]?.lost("gone", false);
  await tick(250);
  world.listening.leave();
  world.online = false;
  world.listening.comeBack();
  await tick(30_000);
  world.online = true;
  world.wake();
  world.wake();
  await tick(29_999);
  expect(world.asked).toBe(2);
  await tick(1);
  expect(world.asked).toBe(3);
});
