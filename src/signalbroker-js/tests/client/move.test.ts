import { expect, it } from "vitest";
import { mostKeptLength } from "../../src/base/buffer";
import type { Session } from "../../src/listening/session";
import { listen, sessionNamed, useListener, world } from "./listener";
import { askToMove, comesBack, key, mark, move, sends, sockets } from "./moving";
import { tick } from "./server";

useListener();

it("goes on listening while a successor takes over, and changes only its key", async () => {
  await listen();
  await askToMove();
  const [old, next] = sockets();
  expect(world.predecessors).toEqual([undefined, "s.1"]);
  expect(key()).toBe("s.1");
  next.listening();
  expect(world.listening.state).toMatchObject({
    name: "listening",
    protocol: "stomp",
    session: { listeningKey: "s.2", knownAs: "s.1" },
  });
  expect([world.taken, world.moved]).toEqual([["s.1"], ["s.2"]]);
  await mark("a", 1);
  expect([old.closed, next.closed]).toEqual([true, false]);
  expect(world.states.map(({ name }) => name)).toEqual(["listening", "listening"]);
  // Its socket has ended the old one.
  expect(world.ended).toEqual([]);
});

it("hands over what comes to the successor after all that comes through the old socket", async () => {
  await move();
  const [old, next] = sockets();
  next.received("3");
  old.received("1");
  await mark("a");
  await mark("a");
  old.received("2");
  next.received("4");
  expect(world.received).toEqual(["1", "2"]);
  expect(old.closed).toBe(false);
  await mark("b");
  expect(world.received).toEqual(["1", "2", "3", "4"]);
  expect(old.closed).toBe(true);
  next.received("5");
  expect(world.received.at(-1)).toBe("5");
});

it("counts the webapps that have said it before the successor listens, and waits for the most that one knows of", async () => {
  await listen();
  await askToMove();
  await mark("a", 1);
  const [old, next] = sockets();
  next.listening();
  next.received("new");
  await tick();
  expect([world.received, old.closed]).toEqual([["new"], true]);

  await askToMove();
  const third = world.opened[2] ?? expect.fail();
  await mark("a", 3);
  await mark("b", 2);
  third.listening();
  third.received("newer");
  await tick(1999);
  expect(world.received).toEqual(["new"]);
  await mark("c", 2);
  expect(world.received).toEqual(["new", "newer"]);
});

it("waits two seconds for the other webapps", async () => {
  await move();
  const [old, next] = sockets();
  await tick(1000);
  await mark("a");
  next.received("new");
  await tick(1999);
  expect([world.received, old.closed]).toEqual([[], false]);
  await tick(1);
  expect([world.received, old.closed]).toEqual([["new"], true]);
});

it("waits ten seconds for the first webapp", async () => {
  await move();
  const [old, next] = sockets();
  next.received("new");
  await tick(9999);
  expect([world.received, old.closed]).toEqual([[], false]);
  await tick(1);
  expect([world.received, old.closed]).toEqual([["new"], true]);
});

it("holds back no more than 4 MiB", async () => {
  await move();
  const [, next] = sockets();
  const half = "x".repeat(mostKeptLength / 2);
  next.received(half);
  next.received(half);
  expect(world.received).toEqual([]);
  next.received("y");
  next.received("z");
  expect(world.received).toEqual([half, half, "y", "z"]);
});

it("reads the answers to what was sent at once", async () => {
  await move();
  const [, next] = sockets();
  const answer = '{"type":"outcome","content":{"id":"1"}}';
  const forged = '{"type":"outcome","from":"mallory","content":{"id":"1"}}';
  next.received(forged);
  next.received("[]");
  next.received(answer);
  expect(world.received).toEqual([answer]);
});

it("requests with the successor's credential as soon as there is one", async () => {
  let answer: (session: Session) => void = () => undefined;
  await listen();
  world.answer = () => new Promise((resolve) => (answer = resolve));
  await askToMove();
  const using = (): unknown => world.listening.current?.session.listeningKey;
  const { session } = world.listening.current ?? expect.fail();
  expect(using()).toBe("s.1");
  answer(sessionNamed("s.2", "s.1"));
  await tick();
  expect(using()).toBe("s.2");
  // The old one may end at any moment; what was asked with it is asked again.
  world.listening.expired(session);
  expect(world.listening.state.name).toBe("listening");
  expect(world.opened[1]?.closed).toBe(false);
});

it("sends through the new socket only what follows the answers from the old one", async () => {
  await listen();
  const first = world.socket.send(sends, "1", "first");
  await askToMove();
  const second = world.socket.send(sends, "2", "second");
  const [old, next] = sockets();
  next.listening();
  void world.socket.send(sends, "3", "third");
  await mark("a", 1);
  world.socket.receive({ type: "outcome", content: { id: "1" } } as never);
  expect(await first).toEqual({ id: "1" });
  expect([old.sent, next.sent, old.closed]).toEqual([["first", "second"], [], false]);
  world.socket.receive({ type: "outcome", content: { id: "2" } } as never);
  expect(await second).toEqual({ id: "2" });
  await tick();
  void world.socket.send(sends, "4", "fourth");
  expect([old.sent, next.sent, old.closed]).toEqual([["first", "second"], ["third", "fourth"], true]);
});

it("waits two seconds for those answers, and then takes the old socket for lost", async () => {
  await listen();
  const codes: string[] = [];
  const sent = (id: string): unknown =>
    world.socket.send(sends, id, id).catch(({ code }: { code: string }) => codes.push(`${id} ${code}`));
  sent("1");
  await askToMove();
  const [old, next] = sockets();
  next.listening();
  sent("2");
  await mark("a", 1);
  await tick(1999);
  expect([codes, next.sent, old.closed]).toEqual([[], [], false]);
  await tick(1);
  expect([codes, next.sent, old.closed]).toEqual([["1 unreachable"], ["2"], true]);
});

it("keeps the old socket for its last signals, though all that it sent is answered", async () => {
  await move();
  const [old, next] = sockets();
  sends("new");
  expect([next.sent, old.closed]).toEqual([["new"], false]);
  await mark("a", 1);
  expect(old.closed).toBe(true);
});

it("moves again, and keeps its name", async () => {
  await move();
  await mark("a", 1);
  await askToMove();
  const third = world.opened[2] ?? expect.fail();
  third.listening();
  third.received("newest");
  await mark("a", 1);
  expect(world.predecessors).toEqual([undefined, "s.1", "s.2"]);
  expect(world.listening.session).toMatchObject({ listeningKey: "s.3", knownAs: "s.1" });
  expect(world.opened.map(({ closed }) => closed)).toEqual([true, true, false]);
  expect(world.received).toEqual(["newest"]);
  third.lost("The socket closed.", false);
  expect(world.listening.state).toEqual(comesBack);
});

it("moves again before the first move is at its end", async () => {
  await move();
  const [old, next] = sockets();
  next.received("new");
  await askToMove();
  expect([world.received, old.closed]).toEqual([["new"], true]);
  world.opened[2]?.listening();
  await mark("a", 1);
  expect(next.closed).toBe(true);
  expect(key()).toBe("s.3");
});

it("moves no session that was not asked", async () => {
  await listen();
  world.listening.hear({ event: "move", within: 30_000 });
  world.opened[0]?.lost("The socket closed.", false);
  await tick(250);
  world.opened[1]?.listening();
  await tick(60_000);
  expect(world.asked).toBe(2);
});
