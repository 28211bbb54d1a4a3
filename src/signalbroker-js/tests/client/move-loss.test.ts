import { expect, it } from "vitest";
import type { Session } from "../../src/listening/session";
import { listen, refusal, sessionNamed, useListener, world } from "./listener";
import { askToMove, comesBack, key, mark, move, sends, sockets } from "./moving";
import { tick } from "./server";

useListener();

it("waits for nothing when the old socket is lost", async () => {
  await move();
  const [old, next] = sockets();
  next.received("new");
  old.lost("The socket closed.", false);
  await tick();
  expect(world.received).toEqual(["new"]);
  await tick(60_000);
  expect(world.listening.state.name).toBe("listening");
  expect(world.asked).toBe(2);
});

it("tries again, after growing waits, until the time is over", async () => {
  await listen();
  const answers = [refusal(503, "no-node-available", 1000), refusal(401, "predecessor-unknown"), new Error("offline")];
  world.answer = (predecessor) => {
    const failure = answers.shift();
    return failure ? Promise.reject(failure) : Promise.resolve(sessionNamed(`s.${world.asked}`, predecessor?.knownAs));
  };
  await askToMove(8000);
  await tick(1249);
  expect(world.asked).toBe(2);
  await tick(1);
  expect(world.asked).toBe(3);
  await tick(500);
  expect(world.asked).toBe(4);
  await tick(1000);
  expect(world.asked).toBe(5);
  expect(world.listening.current?.session.listeningKey).toBe("s.5");

  // It does not come to listen, nor does the next one in time.
  world.opened[1]?.lost("The socket closed.", false);
  expect(world.ended).toEqual(["s.5"]);
  expect(world.listening.current?.session.listeningKey).toBe("s.1");
  await tick(2000);
  expect(world.predecessors).toEqual([undefined, "s.1", "s.1", "s.1", "s.1", "s.1"]);
  world.opened[2]?.lost("The socket closed.", false);
  await tick(60_000);
  expect(world.asked).toBe(6);
  expect(world.states.map(({ name }) => name)).toEqual(["listening"]);

  // Then the server closes the socket.
  world.opened[0]?.lost("The socket closed.", false);
  await tick(1000);
  expect(world.predecessors.at(-1)).toBe("s.1");
  world.opened[3]?.listening();
  expect(key()).toBe("s.7");
});

it("does not take a session that a webapp has opened which knows nothing of moves", async () => {
  await listen();
  world.answer = () => Promise.resolve(sessionNamed("s.other"));
  await askToMove();
  expect(world.ended).toEqual(["s.other"]);
  expect(world.opened).toHaveLength(1);
  expect(world.listening.current?.session.listeningKey).toBe("s.1");
});

it("comes back by itself when the old socket is lost before the successor listens", async () => {
  await listen();
  await askToMove();
  const [old, next] = sockets();
  old.lost("The socket closed.", false);
  expect(world.listening.state).toEqual(comesBack);
  expect([next.closed, world.ended]).toEqual([true, ["s.2"]]);
  await tick(250);
  expect(world.predecessors).toEqual([undefined, "s.1", "s.1"]);
  expect(world.opened).toHaveLength(3);
});

it("comes back with the successor's credential when the successor is lost", async () => {
  await move();
  const [old, next] = sockets();
  next.received("new");
  next.lost("The socket closed.", false);
  expect(world.listening.state).toEqual(comesBack);
  await tick();
  expect([world.received, old.closed]).toEqual([["new"], true]);
  await tick(250);
  expect(world.predecessors).toEqual([undefined, "s.1", "s.2"]);
});

it.each(["before", "after"])("comes back at once if it hears %s the loss of its successor that signals go there", async (when) => {
  await listen();
  await askToMove();
  const [old, next] = sockets();
  const hear = [() => mark("a", 1), async () => next.lost("The socket closed.", false)];
  for (const happens of when === "before" ? hear : hear.reverse()) {
    expect(world.listening.state.name).toBe("listening");
    await happens();
  }
  expect(world.listening.state).toEqual(comesBack);
  expect(old.closed).toBe(true);
  await tick(250);
  expect(world.predecessors.at(-1)).toBeUndefined();
});

it("hands over what a successor has brought that is lost before it listens", async () => {
  await listen();
  await askToMove();
  const [, next] = sockets();
  next.received("new");
  expect(world.received).toEqual([]);
  next.lost("The socket closed.", false);
  expect(world.received).toEqual(["new"]);
});

it("sends nothing through a new socket that is lost", async () => {
  await listen();
  const send = (id: string, body: string): unknown => world.socket.send(sends, id, body).catch(() => undefined);
  send("1", "first");
  await askToMove();
  const [old, next] = sockets();
  next.listening();
  send("2", "second");
  next.lost("The socket closed.", false);
  await tick(2000);
  expect([old.sent, next.sent]).toEqual([["first"], []]);
});

it("is asked once as long as it tries, and again when it has given up", async () => {
  await listen();
  world.answer = () => Promise.reject(refusal(503, "no-node-available"));
  await askToMove(400);
  await askToMove(400);
  expect(world.asked).toBe(2);
  await tick(60_000);
  expect(world.asked).toBe(3);
  await askToMove();
  expect(world.asked).toBe(4);
});

it("tries no more for a session that is lost, and moves the next one", async () => {
  await listen();
  world.answer = () => Promise.reject(refusal(503, "no-node-available"));
  await askToMove();
  world.answer = (predecessor) => Promise.resolve(sessionNamed(`s.${world.asked}`, predecessor?.knownAs));
  world.opened[0]?.lost("The socket closed.", false);
  await tick(250);
  world.opened[1]?.listening();
  await tick(60_000);
  expect(world.asked).toBe(3);
  await askToMove();
  expect(world.predecessors.at(-1)).toBe("s.3");
});

it.each(["successor listens", "moved"])("ends both sessions when it is closed before the %s", async (until) => {
  await listen();
  await askToMove();
  const [old, next] = sockets();
  if (until === "moved") {
    next.listening();
  }
  await world.listening.close({ code: "closed", reason: "" });
  await tick();
  expect([old.closed, next.closed]).toEqual([true, true]);
  // The end of its socket ends the other one.
  expect(world.ended).toEqual(until === "moved" ? ["s.2"] : ["s.1", "s.2"]);
  await tick(60_000);
  expect(world.asked).toBe(2);
});

it("leaves no successor behind that is opened too late", async () => {
  await listen();
  let answer: (session: Session) => void = () => undefined;
  world.answer = () => new Promise((resolve) => (answer = resolve));
  await askToMove();
  world.listening.leave();
  answer(sessionNamed("s.2", "s.1"));
  await tick();
  expect(world.ended).toEqual(["s.1", "s.2"]);
  expect(world.opened).toHaveLength(1);
});
