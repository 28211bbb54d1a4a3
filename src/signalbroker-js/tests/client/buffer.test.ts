import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Signal } from "../../src/index";
import { mostKept, mostKeptLength } from "../../src/base/buffer";
import { connectTo, type Server } from "./server";

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const joined = { room: "r.x", kind: "broadcast", open: true, members: 1, maxMembers: 9, version: 1, owner: "m.me", me: "m.me" };
const members = { room: "r.x", version: 1, members: [{ member: "m.me", userId: "alice", owner: true }] };
const toRoom = (id: number, content: unknown = id): object => ({ id: `${id}`, from: "bob", fromMember: "m.bob", room: "r.x", content });
const toUser = (id: number, content: unknown = id): object => ({ id: `u${id}`, from: "bob", to: "alice", content });

let server: Server;
let seen: unknown[];
const note = ({ content }: Signal): void => void seen.push(content);

beforeEach(async () => {
  vi.useFakeTimers();
  server = await connectTo();
  server.answer("POST /rooms/r.x/", joined);
  server.answer("GET /rooms/r.x/members", members);
  seen = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("keeps signals to a room from before the answer to joining until there is a handler", async () => {
  await server.bring(toRoom(1));
  const joining = server.client.joinRoom("r.x");
  await server.bring(toRoom(2));
  const room = await joining;
  await server.bring(toRoom(3));
  await tick(60_000);
  room.onSignal(note);
  expect(seen).toEqual([]);
  await server.bring(toRoom(4));
  expect(seen).toEqual([1, 2, 3, 4]);
});

it("keeps signals that arrive right after connecting", async () => {
  await server.bring(toUser(1));
  await server.bring(toUser(2));
  await server.bring(toUser(2));
  server.client.onSignal(note);
  await tick();
  expect(seen).toEqual([1, 2]);
});

it("delivers each signal to the handlers of its own room or user", async () => {
  const room = await server.client.joinRoom("r.x");
  await server.bring(toUser(1));
  await server.bring(toRoom(2));
  room.onSignal(note);
  await tick();
  expect(seen).toEqual([2]);
  server.client.onSignal(note);
  await tick();
  expect(seen).toEqual([2, 1]);
});

it("delivers kept signals one at a time to a handler that unsubscribes, and keeps none afterwards", async () => {
  const next = (): Promise<unknown> =>
    new Promise((resolve) => {
      const stop = server.client.onSignal(({ content }) => {
        stop();
        resolve(content);
      });
    });
  await server.bring(toUser(1));
  await server.bring(toUser(2));
  expect(await next()).toBe(1);
  await server.bring(toUser(3));
  expect(await next()).toBe(2);
  void next().then((content) => seen.push(content));
  await server.bring(toUser(4));
  expect(seen).toEqual([4]);
});

it("delivers kept signals first, even if the next one arrives at the same moment", async () => {
  await server.bring(toUser(1));
  server.client.onSignal(note);
  // No microtask comes between.
  void server.bring(toUser(2));
  await tick();
  expect(seen).toEqual([1, 2]);
});

it("keeps a limited number of signals, and drops the oldest", async () => {
  for (let id = 0; id < mostKept + 10; id++) {
    await server.bring(id === 3 ? toRoom(id) : toUser(id));
  }
  const room = await server.client.joinRoom("r.x");
  room.onSignal(note);
  server.client.onSignal(note);
  await tick();
  expect(seen).toEqual(Array.from({ length: mostKept }, (_, id) => id + 10));
});

it("keeps a limited length of signals, and drops the oldest", async () => {
  const half = "x".repeat(mostKeptLength / 2 - 200);
  await server.bring(toUser(1, half));
  await server.bring(toUser(2, half));
  await server.bring(toUser(3, "x".repeat(1000)));
  server.client.onSignal(({ id }) => void seen.push(id));
  await tick();
  expect(seen).toEqual(["u2", "u3"]);
});

it("keeps nothing for a room that has had a handler until it is joined again", async () => {
  const room = await server.client.joinRoom("r.x");
  room.onSignal(note)();
  await server.bring(toRoom(1));
  await server.bring(toUser(2));
  room.onSignal(note);
  await server.bring(toRoom(3));
  expect(seen).toEqual([3]);
  server.client.onSignal(note);
  await tick();
  expect(seen).toEqual([3, 2]);
});

it("keeps signals to a room that was left and is joined again", async () => {
  const before = await server.client.joinRoom("r.x");
  before.onSignal(note)();
  await before.leave();
  await server.bring(toRoom(1));
  const room = await server.client.joinRoom("r.x");
  await server.bring(toRoom(2));
  room.onSignal(note);
  await tick();
  expect(seen).toEqual([1, 2]);
});
