import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ConnectOptions } from "../../src/options";
import { connectTo, tick, type Server } from "./server";

let server: Server;

const predecessors = (): unknown[] =>
  server.connects.map(({ predecessor }) => (predecessor as { listeningKey: string } | undefined)?.listeningKey);

async function connect(options: Partial<ConnectOptions> = {}): Promise<void> {
  server = await connectTo({ token: () => "jwt", ...options });
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(0.5);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it("resumes the session that it has lost, under its name and without a token", async () => {
  await connect();
  await server.reconnect();
  await server.reconnect();
  expect(predecessors()).toEqual([undefined, "s.1", "s.2"]);
  expect(server.connects[1]).toMatchObject({ userId: "alice" });
  expect(server.connects[1]!["predecessor"]).toEqual({ listeningKey: "s.1", passcode: "p" });
  expect(server.tokens).toEqual(["Bearer jwt", null, null]);
  expect(server.client.session).toMatchObject({ listeningKey: "s.3", knownAs: "s.1" });
});

it.each([
  ["it has ended", 401, "predecessor-unknown"],
  ["the webapp refuses what it does not know", 400, "invalid-member"],
  ["the webapp knows tokens only", 401, "token-missing"],
])("connects at once with its token when %s", async (_, status, code) => {
  await connect();
  server.refusePredecessors(status, code);
  server.lose();
  await tick(250);
  expect(server.client.state).toMatchObject({ name: "listening", session: { listeningKey: "s.2", knownAs: "s.2" } });
  expect(predecessors()).toEqual([undefined, "s.1", undefined]);
  expect(server.tokens).toEqual(["Bearer jwt", null, "Bearer jwt"]);
});

it("does not try it again with a webapp that has refused it as unknown", async () => {
  await connect();
  server.refusePredecessors(400, "invalid-member");
  server.lose();
  server.becomeOlder();
  await server.comeBack();
  await server.reconnect();
  expect(predecessors()).toEqual([undefined, "s.1", undefined, undefined]);
});

it("tries it again when it is not refused for good", async () => {
  await connect();
  server.refusePredecessors(503, "no-node-available");
  server.lose();
  await tick(250 + 500);
  expect(predecessors()).toEqual([undefined, "s.1", "s.1"]);
  expect(server.client.state).toMatchObject({ name: "reconnecting", problem: { code: "no-node-available" } });
});

it("forgets a session from which a webapp has not let it take over", async () => {
  await connect();
  server.becomeOlder();
  await server.reconnect();
  expect(server.client.session.knownAs).toBe("s.2");
  await server.reconnect();
  expect(predecessors()).toEqual([undefined, "s.1", undefined]);
});

it("resumes nothing after the page was left", async () => {
  await connect();
  server.leave();
  server.comeBackToPage();
  await tick();
  expect(server.client.state.name).toBe("listening");
  server.lose();
  server.leave();
  server.comeBackToPage();
  await tick();
  expect(predecessors()).toEqual([undefined, undefined, undefined]);
});

it("does not resume a session that the webapp no longer knows", async () => {
  await connect();
  server.answer("POST /presence", 401, { presence: [{ userId: "bob" }] });
  const asked = server.client.presence("bob");
  await tick();
  expect(server.client.state.name).toBe("reconnecting");
  await server.comeBack();
  await asked;
  expect(predecessors()).toEqual([undefined, undefined]);
});

it("reads again what may have changed, as after any loss", async () => {
  await connect();
  server.answer("PUT /presence/subscriptions", { presence: [] });
  await server.client.watch(["bob"], () => undefined);
  await server.reconnect();
  expect(server.asked.map(({ what }) => what)).toEqual(Array(2).fill("PUT /presence/subscriptions"));
});
