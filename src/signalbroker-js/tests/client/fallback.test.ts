import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connect } from "../../src/connect";
import type { ConnectOptions } from "../../src/options";
import type { SignalBrokerClient } from "../../src/signalBrokerClient";

/** What a WebSocket does here. */
type Socket = { readyState: number; onopen?(): void; onclose?(event: object): void; close(): void; send(): void };

const silent = (): Socket => ({ readyState: 0, close: () => undefined, send: () => undefined });
const forbidden = (): never => {
  throw new DOMException("The operation is insecure.", "SecurityError");
};
const refusedAfter = (ms: number) => (): Socket => {
  const socket = silent();
  setTimeout(() => socket.onclose?.({ code: 1006, reason: "" }), ms);
  return socket;
};
const mute = (): Socket => {
  const socket = silent();
  setTimeout(() => {
    socket.readyState = 1;
    socket.onopen?.();
  }, 10);
  return socket;
};
const one = (...sockets: (() => Socket)[]) => {
  let opened = 0;
  return () => (sockets[Math.min(opened++, sockets.length - 1)] ?? expect.fail())();
};

let listens: () => Response;
let asked: string[];

const fetcher = (address: string | URL | Request): Promise<Response> => {
  const { pathname } = new URL(String(address));
  asked.push(pathname);
  return Promise.resolve(
    pathname === "/connect"
      ? Response.json({ userId: "alice", listeningAddress: "ws://node/ws", listeningKey: `s.${asked.length}`, passcode: "p" })
      : pathname === "/listen"
        ? listens()
        : new Response(null, { status: 204 }),
  );
};

function stream(): Response {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(": listening\n\n")),
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

function start(options: Partial<ConnectOptions>): { client: SignalBrokerClient | undefined; states: string[] } {
  const here: { client: SignalBrokerClient | undefined; states: string[] } = { client: undefined, states: [] };
  connect({
    url: "https://signal.example",
    fetch: fetcher,
    onState: (state) => here.states.push(state.name === "listening" ? `listening by ${state.by}` : state.name),
    ...options,
  }).then(
    (client) => (here.client = client),
    () => undefined,
  );
  return here;
}

beforeEach(() => {
  vi.useFakeTimers();
  // The longest waits.
  vi.spyOn(Math, "random").mockReturnValue(0.999_999);
  asked = [];
  listens = stream;
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it.each([
  ["that is forbidden", forbidden],
  ["that is refused at once", refusedAfter(5)],
  ["that is refused late", refusedAfter(3000)],
  ["that is swallowed", silent],
  ["that opens and says nothing", mute],
  ["that is refused, and then swallowed", one(refusedAfter(990), silent)],
])("listens by server-sent events within five seconds beside a WebSocket %s", async (_, openSocket) => {
  const here = start({ openSocket });
  await vi.advanceTimersByTimeAsync(5000);
  expect(here.states.at(-1)).toBe("listening by sse");
  await here.client?.close();
});

it("waits longer for a node to which a WebSocket has led before", async () => {
  let lose: (() => void) | undefined;
  const works = (): Socket => {
    const socket = Object.assign(silent(), {
      readyState: 1,
      onmessage: undefined as ((event: object) => void) | undefined,
      send(frame: string) {
        const receipt = /\nreceipt:(.+)\n/.exec(frame)?.[1];
        const answer = frame.startsWith("CONNECT\n") ? "CONNECTED\nversion:1.2" : receipt && `RECEIPT\nreceipt-id:${receipt}`;
        if (answer) {
          queueMicrotask(() => socket.onmessage?.({ data: `${answer}\n\n\0` }));
        }
      },
    });
    lose = () => socket.onclose?.({ code: 1006, reason: "" });
    setTimeout(() => socket.onopen?.(), 1);
    return socket as unknown as Socket;
  };
  const here = start({ openSocket: one(works, mute) });
  await vi.advanceTimersByTimeAsync(100);
  expect(here.states.at(-1)).toBe("listening by websocket");
  lose?.();
  await vi.advanceTimersByTimeAsync(11_000);
  expect(asked).not.toContain("/listen");
  await here.client?.close();
});

it.each([
  ["a page", () => new Response("<!doctype html><title>App</title>", { headers: { "Content-Type": "text/html" } })],
  ["a page without a type", () => new Response(new TextEncoder().encode("<!doctype html>"))],
  ["JSON", () => Response.json({ listening: true })],
])("does not listen to %s", async (_, page) => {
  listens = page;
  const here = start({ listen: "sse" });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked.filter((path) => path === "/listen").length).toBeGreaterThan(2);
  expect(here.states).not.toContain("listening by sse");
});

it("says what came instead of a stream", async () => {
  listens = () => new Response("<!doctype html>", { headers: { "Content-Type": "text/html; charset=utf-8" } });
  const refused = expect(
    connect({ url: "https://signal.example", fetch: fetcher, listen: "sse", timeout: 1000 }),
  ).rejects.toMatchObject({ message: expect.stringMatching(/GET \/listen.*200.*text\/html/) as string });
  await vi.advanceTimersByTimeAsync(1000);
  await refused;
});
