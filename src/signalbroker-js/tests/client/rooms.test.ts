import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { MembersChange, Room, Signal } from "../../src/index";
import { connectTo, type Server } from "./server";

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const joinedAt = "2026-01-01T00:00:00Z";
const fox = { member: "m.fox", alias: "Fox" };
const bob = { member: "m.bob", userId: "bob" };
const about = (version: number, more = {}): object => ({
  room: "r.x",
  name: "Kitchen",
  kind: "broadcast",
  open: false,
  members: 1,
  maxMembers: 1000,
  version,
  owner: "m.me",
  me: "m.me",
  ...more,
});
const members = (version: number, ...others: object[]): object => ({
  room: "r.x",
  version,
  members: [{ member: "m.me", userId: "alice", owner: true }, ...others].map((member) => ({
    anonymous: !("userId" in member),
    owner: false,
    joinedAt,
    ...member,
  })),
});
const happened = (event: string, version: number, member?: object, owner = "m.me"): object => ({
  type: "room",
  content: { event, room: "r.x", version, member, owner },
});
const asksFor = ({ asked }: Server, what: string): number => asked.filter((request) => request.what === what).length;
const namesOf = (room: Room): string[] => room.members.map(({ userId, alias }) => userId ?? alias ?? "");

let server: Server;
let room: Room;
let changes: MembersChange[];

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  server = await connectTo();
  server.answer("POST /rooms", about(1, { joinCode: "ABCDE23456" }));
  server.answer("POST /rooms/r.x/", about(1));
  server.answer("GET /rooms/r.x/members", members(1));
  server.answer("DELETE /rooms/r.x", {});
  server.answer("DELETE /rooms/r.x/", {});
  room = await server.client.createRoom({ name: "Kitchen" });
  changes = [];
  room.onMembers((change) => void changes.push(change));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("creates a room that others can join with its code", () => {
  expect(server.asked[0]).toEqual({ what: "POST /rooms", body: { name: "Kitchen" } });
  expect(room).toMatchObject({
    id: "r.x",
    name: "Kitchen",
    kind: "broadcast",
    isOpen: false,
    maxMembers: 1000,
    joinCode: "ABCDE23456",
    end: undefined,
    me: { id: "m.me", userId: "alice", isOwner: true, joinedAt: new Date(joinedAt) },
  });
  expect(namesOf(room)).toEqual(["alice"]);
});

it("returns the same object for the same room", async () => {
  expect(await server.client.joinRoom("r.x", { joinCode: "ABCDE23456", alias: "Me", anonymous: true })).toBe(room);
  expect(server.asked.at(-1)).toEqual({
    what: "POST /rooms/r.x/join",
    body: { joinCode: "ABCDE23456", alias: "Me", anonymous: true },
  });
  server.answer("POST /rooms/r.y/join", 403);
  await expect(server.client.joinRoom("r.y")).rejects.toMatchObject({ status: 403 });
});

it("lists the rooms of the user, as after a page reload", async () => {
  await server.reload();
  server.answer("GET /rooms", [about(1)]);
  server.answer("GET /rooms/r.x/members", members(1, bob));
  const [again = expect.fail()] = await server.client.rooms();
  expect(again).not.toBe(room);
  expect(namesOf(again)).toEqual(["alice", "bob"]);
  expect(again.joinCode).toBeUndefined();
});

it("follows joins and leaves by their versions, without asking", async () => {
  const asked = server.asked.length;
  await server.bring(happened("joined", 2, bob));
  await server.bring(happened("joined", 3, fox));
  expect(namesOf(room)).toEqual(["alice", "bob", "Fox"]);
  expect(changes.map(({ joined }) => joined.map(({ id }) => id))).toEqual([["m.bob"], ["m.fox"]]);
  expect(room.members[2]).toMatchObject({ userId: undefined, alias: "Fox", isOwner: false });

  await server.bring(happened("revealed", 4, { ...fox, userId: "carol" }));
  expect(changes[2]?.changed).toMatchObject([{ id: "m.fox", alias: "Fox", userId: "carol" }]);
  await server.bring(happened("removed", 5, bob));
  await server.bring(happened("removed", 5, bob));
  expect(changes[3]?.left).toMatchObject([{ id: "m.bob", userId: "bob" }]);
  expect(namesOf(room)).toEqual(["alice", "carol"]);
  expect(changes).toHaveLength(4);
  expect(server.asked).toHaveLength(asked);
});

it("reports the new owner when the owner has left", async () => {
  await server.bring(happened("joined", 2, bob));
  await server.bring(happened("joined", 3, fox));
  server.answer("GET /rooms/r.x/members", members(4, bob));
  await server.bring(happened("left", 4, fox, "m.bob"));
  expect(changes.at(-1)).toMatchObject({
    left: [{ id: "m.fox" }],
    changed: [
      { id: "m.me", isOwner: false },
      { id: "m.bob", isOwner: true },
    ],
  });
  expect(room.me.isOwner).toBe(false);
});

it("asks for all members when a version is missing, until it has it", async () => {
  server.answer("GET /rooms/r.x/members", members(2, bob), undefined, members(3, bob, fox));
  await server.bring(happened("joined", 3, fox));
  await tick(1000);
  expect(namesOf(room)).toEqual(["alice", "bob", "Fox"]);
  expect(asksFor(server, "GET /rooms/r.x/members")).toBe(4);
  await server.bring(happened("left", 4, bob));
  expect(namesOf(room)).toEqual(["alice", "Fox"]);
  expect(asksFor(server, "GET /rooms/r.x/members")).toBe(4);
});

it("catches up after a reconnect, with one request for all rooms", async () => {
  server.answer("GET /rooms", [about(1)]);
  await server.reconnect();
  expect(asksFor(server, "GET /rooms")).toBe(1);
  expect(asksFor(server, "GET /rooms/r.x/members")).toBe(1);

  server.answer("GET /rooms", [about(3)]);
  server.answer("GET /rooms/r.x/members", members(3, bob, fox));
  await server.reconnect();
  expect(changes).toMatchObject([{ joined: [{ id: "m.bob" }, { id: "m.fox" }] }]);

  server.answer("GET /rooms", []);
  await server.reconnect();
  expect(await room.ended).toBe("gone");
});

it("asks nothing after a reconnect when it holds no room", async () => {
  await room.leave();
  await server.reconnect();
  expect(asksFor(server, "GET /rooms")).toBe(0);
});

it("delivers a room's signals to the room, and all others to the user", async () => {
  const inRoom: Signal[] = [];
  const outside: Signal[] = [];
  room.onSignal((signal) => void inRoom.push(signal));
  server.client.onSignal((signal) => void outside.push(signal));
  const signal = { id: "1", from: { member: "m.fox", alias: "Fox" }, fromMember: "m.fox", room: "r.x", content: "hi" };
  await server.bring(signal);
  await server.bring(signal);
  await server.bring({ ...signal, id: "2", room: "r.other" });
  await server.bring({ id: "1", from: "bob", to: "alice" });
  expect(inRoom).toMatchObject([{ from: undefined, fromMember: "m.fox", fromAlias: "Fox", content: "hi" }]);
  expect(outside).toMatchObject([{ from: "bob", room: undefined }]);
});

it("keeps a stored signal until its room has a handler", async () => {
  const inRoom: Signal[] = [];
  await server.bring({ id: "1", sequence: 1, from: "bob", fromMember: "m.bob", room: "r.x" });
  room.onSignal((signal) => void inRoom.push(signal));
  await tick(20);
  expect(inRoom).toHaveLength(1);
  expect(asksFor(server, "POST /inbox/settle")).toBe(1);
});

it("still delivers what was stored for an earlier membership, and then is another room", async () => {
  const inRoom: Signal[] = [];
  room.onSignal((signal) => void inRoom.push(signal));
  await room.leave();
  await server.bring({ id: "1", sequence: 1, from: "bob", fromMember: "m.bob", room: "r.x" });
  expect(inRoom).toHaveLength(1);
  const again = await server.client.joinRoom("r.x");
  expect(again).not.toBe(room);
  expect(again.end).toBeUndefined();
  expect(room.end).toBe("left");
});

it("sends to all members or one, in order, and says how many there are", async () => {
  const nodes = [{ members: 2, outcome: "queued" }];
  server.answer("POST /exchange", { id: "1", room: "r.x", members: 3, listening: 2, nodes });
  expect(await room.send("hi", { id: "1" })).toEqual({
    id: "1",
    members: 3,
    hidden: false,
    listening: 2,
    stored: 0,
    full: 0,
    nodes,
  });
  expect(server.asked.at(-1)?.body).toEqual({ toRoom: "r.x", id: "1", content: "hi" });
  await server.bring(happened("joined", 2, bob));
  await room.send("you", { to: room.members[1] ?? expect.fail(), type: "secret" });
  expect(server.asked.at(-1)?.body).toMatchObject({ toRoom: "r.x", toMember: "m.bob", type: "secret" });
});

it("stores signals for members, and says for how many", async () => {
  server.answer("POST /exchange", { id: "1", room: "r.x", members: 3, listening: 2, stored: 2, full: 1, nodes: [] });
  expect(await room.send("hi", { store: "always", receipt: "delivered" })).toMatchObject({ stored: 2, full: 1 });
  expect(server.asked.at(-1)?.body).toMatchObject({ toRoom: "r.x", store: "always", receipt: "delivered" });
});

it.each(["accepted", "stored"])("says that the server hides who listens if the outcome is only %s", async (outcome) => {
  server.answer("POST /exchange", { id: "1", room: "r.x", members: 3, outcome, nodes: [] });
  expect(await room.send("hi")).toMatchObject({ members: 3, hidden: true, listening: 0 });
});

it("ends when the user leaves, closes it or is removed, and when somebody closes it", async () => {
  await room.leave();
  expect(server.asked.at(-1)?.what).toBe("POST /rooms/r.x/leave");
  expect(await room.ended).toBe("left");

  const closed = await server.client.createRoom();
  await closed.close();
  expect(server.asked.at(-1)?.what).toBe("DELETE /rooms/r.x");
  expect(closed.end).toBe("closed");

  const removed = await server.client.joinRoom("r.x");
  await server.bring(happened("removed", 2, { member: "m.me", userId: "alice" }));
  expect(await removed.ended).toBe("removed");

  const gone = await server.client.joinRoom("r.x");
  await server.bring(happened("closed", 3));
  await server.bring(happened("joined", 4, bob));
  expect(await gone.ended).toBe("closed");
  expect(namesOf(gone)).toEqual(["alice"]);
});

it("reveals the user and removes others, and then knows the members", async () => {
  await server.bring(happened("joined", 2, bob));
  server.answer("GET /rooms/r.x/members", members(3));
  await room.remove(room.members[1] ?? expect.fail());
  expect(asksFor(server, "DELETE /rooms/r.x/members/m.bob")).toBe(1);
  expect(namesOf(room)).toEqual(["alice"]);
  await room.reveal();
  expect(asksFor(server, "POST /rooms/r.x/reveal")).toBe(1);
});

it("undoes a removal", async () => {
  await room.readmit("m.bob");
  expect(server.asked.at(-1)?.what).toBe("DELETE /rooms/r.x/removals/m.bob");
});

it("renews the code", async () => {
  server.answer("POST /rooms/r.x/join-code", about(1, { joinCode: "KLMNP23456" }));
  expect(await room.renewJoinCode()).toBe("KLMNP23456");
  expect(room.joinCode).toBe("KLMNP23456");
});

it("repeats a request with the next session when the webapp no longer knows this one", async () => {
  server.answer("POST /rooms/r.x/join", 401, about(1));
  server.answer("GET /rooms", [about(1)]);
  const joining = server.client.joinRoom("r.x");
  await tick(500);
  expect(await joining).toBe(room);
});

it("waits for a session up to 30 seconds", async () => {
  server.lose();
  const joining = server.client.joinRoom("r.x").catch((error: unknown) => error);
  await server.comeBack();
  expect(await joining).toBe(room);
  server.lose();
  await server.client.close();
  await expect(server.client.joinRoom("r.x")).rejects.toMatchObject({ code: "closed" });
});

it("loads the members for all callers who join at the same time", async () => {
  await server.reload();
  server.answer("POST /rooms/r.x/join", about(2), about(3));
  server.answer("GET /rooms/r.x/members", members(2, bob), members(3, bob, fox));
  const [one, other] = [server.client.joinRoom("r.x"), server.client.joinRoom("r.x")];
  const filled = ["alice", "bob", "Fox"];
  expect(await Promise.all([one.then(namesOf), other.then(namesOf)])).toEqual([filled, filled]);
  expect(await one).toBe(await other);
});

it("fails if the client is closed before the members are loaded", async () => {
  await server.reload();
  server.answer("GET /rooms/r.x/members", undefined);
  const joining = server.client.joinRoom("r.x").catch((error: unknown) => error);
  await tick();
  await server.client.close();
  await tick(60_000);
  expect(await joining).toMatchObject({ code: "closed" });
});

it("leaves out of the list rooms that have ended meanwhile", async () => {
  await server.reload();
  server.answer("GET /rooms", [about(1), about(1, { room: "r.y" })]);
  server.answer("GET /rooms/r.y/members", 404);
  expect((await server.client.rooms()).map(({ id }) => id)).toEqual(["r.x"]);
});

it.each(["", ".", "..", "\ud800"])("rejects the id %j without a request", async (id) => {
  const asked = server.asked.length;
  await expect(server.client.joinRoom(id)).rejects.toMatchObject({ code: "room-not-found" });
  await expect(room.remove(id)).rejects.toMatchObject({ code: "member-not-found" });
  expect(server.asked).toHaveLength(asked);
});

it.each(["../join", "a/b", "a\\b", "%2e%2e", "a?b#c", "Jürgen|o'brien", "💥"])("sends %j as a single id", async (id) => {
  server.answer("POST /rooms/", 404);
  server.answer("DELETE /rooms/r.x/", 404);
  await expect(server.client.joinRoom(id)).rejects.toMatchObject({ status: 404 });
  await expect(room.remove(id)).rejects.toMatchObject({ status: 404 });
  const encoded = encodeURIComponent(id);
  const whats = server.asked.slice(-2).map(({ what }) => what);
  // A parser of addresses writes apostrophes as they are.
  expect(whats).toEqual([`POST /rooms/${encoded}/join`, `DELETE /rooms/r.x/members/${encoded}`]);
});
