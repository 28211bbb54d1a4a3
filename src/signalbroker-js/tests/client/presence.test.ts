import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Presence } from "../../src/index";
import { connectTo, type Server } from "./server";

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const since = "2026-01-01T00:00:00Z";
let looks = 0;
const asOf = (): string => new Date(Date.UTC(2026, 0, 1, 0, 0, ++looks)).toISOString();
const here = (userId: string): object => ({
  userId,
  asOf: asOf(),
  state: "listening",
  devices: [{ device: "phone", state: "listening", since }],
});
const away = (userId: string): object => ({ userId, state: "away", devices: [], lastSeen: since, asOf: asOf() });
const change = (content: object): object => ({ id: "1", type: "presence", content });
const subscriptions = ({ asked }: Server): unknown[] =>
  asked
    .filter(({ what }) => what === "PUT /presence/subscriptions")
    .map(({ body }) => (body as { users: unknown }).users);

let server: Server;
let seen: string[];
const note = ({ userId, state }: Presence): void => void seen.push(`${userId} ${state}`);

beforeEach(async () => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
  server = await connectTo();
  seen = [];
  looks = 0;
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("asks for one user, and for several", async () => {
  server.answer("POST /presence", { presence: [here("b@b")] }, { presence: [here("bob"), away("carol")] });
  expect(await server.client.presence("b@b")).toEqual({
    userId: "b@b",
    state: "listening",
    devices: [{ device: "phone", state: "listening", since: new Date(since) }],
    lastSeen: undefined,
    asOf: new Date("2026-01-01T00:00:01Z"),
  });
  const [bob, carol] = await server.client.presence(["bob", "carol"]);
  expect(bob?.state).toBe("listening");
  expect(carol).toMatchObject({ userId: "carol", state: "away", devices: [], lastSeen: new Date(since) });
  expect(server.asked.map(({ body }) => body)).toEqual([{ users: ["b@b"] }, { users: ["bob", "carol"] }]);
});

it.each(["", ".", "..", "subscriptions", "%2e%2e", "a/b", "a\\b", "a,b", "a?b#c", "Jürgen|o'brien", "💥"])(
  "asks for %j without writing it into an address",
  async (userId) => {
    server.answer("POST /presence", { presence: [away(userId)] });
    server.answer("PUT /presence/subscriptions", { presence: [away(userId)] });
    expect((await server.client.presence(userId)).userId).toBe(userId);
    await server.client.watch([userId], note);
    expect(seen).toEqual([`${userId} away`]);
    expect(server.asked).toEqual([
      { what: "POST /presence", body: { users: [userId] } },
      { what: "PUT /presence/subscriptions", body: { users: [userId] } },
    ]);
  },
);

it("names users as the webapp does", async () => {
  server.answer("PUT /presence/subscriptions", { presence: [away("J\u00fcrgen"), { userId: "\ufffd", state: "invalid" }] });
  await server.client.watch(["Ju\u0308rgen", "\ud800"], note);
  expect(subscriptions(server)).toEqual([["J\u00fcrgen", "\ufffd"]]);
  expect(seen).toEqual(["J\u00fcrgen away", "\ufffd invalid"]);
});

it("reports the presence of watched users, and each change once", async () => {
  server.answer("PUT /presence/subscriptions", { presence: [here("bob"), away("carol")] });
  const stop = await server.client.watch(["bob", "carol"], note);
  expect(subscriptions(server)).toEqual([["bob", "carol"]]);
  await server.bring(change(away("bob")));
  await server.bring(change(away("bob")));
  await server.bring(change(here("dave")));
  expect(seen).toEqual(["bob listening", "carol away", "bob away"]);
  server.answer("PUT /presence/subscriptions", { presence: [] });
  stop();
  stop();
  await server.bring(change(here("bob")));
  expect(seen).toHaveLength(3);
  expect(subscriptions(server).slice(1)).toEqual([[]]);
});

it("believes the later report, whichever arrives first", async () => {
  const before = change(away("bob"));
  server.answer("PUT /presence/subscriptions", { presence: [here("bob")] });
  await server.client.watch(["bob"], note);
  await server.bring(before);
  expect(seen).toEqual(["bob listening"]);
});

it("joins all watches in one list, with one request at a time", async () => {
  server.answer("PUT /presence/subscriptions", { presence: [here("bob")] }, { presence: [here("bob"), away("carol")] });
  await Promise.all([
    server.client.watch(["bob"], note),
    server.client.watch(["bob", "carol"], note),
    server.client.watch(["carol"], note),
  ]);
  expect(subscriptions(server)).toEqual([["bob", "carol"]]);
  await tick();
  expect(seen.filter((words) => words === "bob listening")).toHaveLength(2);
});

it("watches again with each session, and reports what has changed meanwhile", async () => {
  server.answer("PUT /presence/subscriptions", { presence: [here("bob")] });
  await server.client.watch(["bob"], note);
  await server.reconnect();
  expect(seen).toEqual(["bob listening"]);
  server.answer("PUT /presence/subscriptions", undefined, { presence: [away("bob")] });
  await server.reconnect();
  await tick(1000);
  expect(subscriptions(server)).toHaveLength(4);
  expect(seen).toEqual(["bob listening", "bob away"]);
});

it("fails when the webapp refuses, and forgets that watch", async () => {
  server.answer("PUT /presence/subscriptions", 400, { presence: [here("bob")] });
  await expect(server.client.watch(["too", "many"], note)).rejects.toMatchObject({ status: 400 });
  await server.client.watch(["bob"], note);
  expect(subscriptions(server).at(-1)).toEqual(["bob"]);
});

it("refuses only the watch that the webapp refuses", async () => {
  server.answer("PUT /presence/subscriptions", { presence: [here("bob")] }, 400, { presence: [here("bob")] }, 400, {
    presence: [here("bob"), away("carol")],
  });
  await server.client.watch(["bob"], note);
  const [many, carol] = await Promise.allSettled([
    server.client.watch(["too", "many"], note),
    server.client.watch(["carol"], note),
  ]);
  expect(many).toMatchObject({ status: "rejected", reason: { status: 400 } });
  expect(carol.status).toBe("fulfilled");
  expect(seen).toEqual(["bob listening", "carol away"]);
  expect(subscriptions(server)).toEqual([
    ["bob"],
    ["bob", "too", "many", "carol"],
    ["bob"],
    ["bob", "too", "many"],
    ["bob", "carol"],
  ]);
});

it("keeps watching in the next session although another watch is refused", async () => {
  server.answer("PUT /presence/subscriptions", { presence: [here("bob")] });
  await server.client.watch(["bob"], note);
  server.lose();
  server.answer("PUT /presence/subscriptions", 400, { presence: [away("bob")] });
  const many = server.client.watch(["too", "many"], note).catch((error: unknown) => error);
  await server.comeBack();
  expect(await many).toMatchObject({ status: 400 });
  expect(seen).toEqual(["bob listening", "bob away"]);
});

it("ignores changes that were sent by a user", async () => {
  server.answer("PUT /presence/subscriptions", { presence: [here("bob")] });
  await server.client.watch(["bob"], note);
  await server.bring({ ...change(away("bob")), from: "mallory" });
  expect(seen).toEqual(["bob listening"]);
});

it("lists the known users, page by page", async () => {
  const page = Array.from({ length: 100 }, (_, number) => ({ userId: `b${number}`, firstSeen: since, lastSeen: since }));
  server.answer("GET /users", { users: page, next: "b99" }, { users: [{ userId: "carol", firstSeen: since }] });
  const users: string[] = [];
  for await (const { userId } of server.client.users()) {
    users.push(userId);
  }
  expect(users).toHaveLength(101);
  expect(users.at(-1)).toBe("carol");
  expect(server.asked.map(({ what }) => what)).toEqual(["GET /users?limit=100", "GET /users?limit=100&after=b99"]);
});
