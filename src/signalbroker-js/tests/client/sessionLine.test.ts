import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connectTo, type Server } from "./server";

let server: Server;
let stored: Map<string, string>;

const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const lines = (): unknown[] => server.connects.map(({ line }) => line);
const resuming = (): unknown[] => server.connects.map(({ resumes }) => resumes);

beforeEach(async () => {
  vi.useFakeTimers();
  stored = new Map();
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => stored.get(name) ?? null,
    setItem: (name: string, value: string) => void stored.set(name, value),
    removeItem: (name: string) => void stored.delete(name),
  });
  server = await connectTo();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("reconnects in the same line, and says that it resumes", async () => {
  await server.reconnect();
  await server.reconnect();
  expect(new Set(lines()).size).toBe(1);
  expect(lines()[0]).toMatch(/^[\w-]{22,64}$/);
  expect(resuming()).toEqual([false, true, true]);
});

it("continues the line of the page that was left in the same tab", async () => {
  server.leave();
  await server.reload();
  expect(new Set(lines()).size).toBe(1);
  expect(resuming()).toEqual([false, false]);
});

it("has a separate line in the copy of a tab", async () => {
  await server.reload();
  expect(stored.size).toBe(0);
  expect(new Set(lines()).size).toBe(2);
});

it("has a separate line for each user and server", async () => {
  server.leave();
  await server.reload({ userId: "bob" });
  await server.reload({ url: "https://other.example" });
  expect(new Set(lines()).size).toBe(3);
});

it("keeps its line when the browser shows the page again", async () => {
  server.leave();
  expect(stored.size).toBe(1);
  server.comeBackToPage();
  await tick();
  expect(stored.size).toBe(0);
  expect(new Set(lines()).size).toBe(1);
  // Whoever looks at a page again wants it to take the place of the others, like a new one.
  expect(resuming()).toEqual([false, false]);
});

it("uses the application's line, and stores it nowhere", async () => {
  const line = "0123456789abcdefghijkl";
  await server.reload({ line });
  server.leave();
  expect(lines().at(-1)).toBe(line);
  expect(stored.size).toBe(0);
});

it("works where storage is forbidden", async () => {
  vi.stubGlobal("sessionStorage", {
    getItem() {
      throw new DOMException("The operation is insecure.", "SecurityError");
    },
  });
  await server.reload();
  server.leave();
  expect(server.client.userId).toBe("alice");
});

it.each([
  ["is told", () => server.bring({ type: "session", content: { event: "replaced" } })],
  [
    "comes back too late",
    async () => {
      server.refuse("session-replaced");
      server.lose();
      await tick(1000);
    },
  ],
])("stays closed when it %s that another client has replaced it", async (_, replace) => {
  await replace();
  expect(server.client.state).toMatchObject({ name: "closed", problem: { code: "session-replaced" } });
  const asked = server.connects.length;
  await tick(60_000);
  expect(server.connects.length).toBe(asked);
  await expect(server.client.send("bob", 1)).rejects.toMatchObject({ code: "closed" });
});

it("waits for its own lost session to end if the server knows no lines", async () => {
  server.refuse("user-already-connected");
  server.lose();
  await tick(30_000);
  expect(server.client.state.name).toBe("reconnecting");
});
