import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { connect } from "../../src/connect";
import type { State } from "../../src/listening/state";
import type { ConnectOptions } from "../../src/options";

/** The page that the browser shows again. */
function comeBack(): void {
  globalThis.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
}

let asked: string[];

const url = "https://signal.example";
const fetcher = (address: string | URL | Request): Promise<Response> => {
  asked.push(String(address));
  return Promise.resolve(Response.json({}, { status: 404 }));
};

/** A server that opens sessions. */
function opens(): Promise<Response> {
  return Promise.resolve(
    Response.json({ userId: "alice", listeningAddress: "ws://node/ws", listeningKey: "s.1", passcode: "p" }),
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  const page = new EventTarget();
  vi.stubGlobal("document", page);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("dispatchEvent", page.dispatchEvent.bind(page));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("makes no request if it is already aborted", async () => {
  await expect(connect({ url, fetch: fetcher, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  comeBack();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([]);
});

it("stops trying if it is aborted while only a gateway answers", async () => {
  const abort = new AbortController();
  const connecting = connect({ url, fetch: fetcher, signal: abort.signal }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.length).toBeGreaterThan(2);
  abort.abort();
  expect(await connecting).toMatchObject({ code: "aborted" });
  asked = [];
  comeBack();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toEqual([]);
});

/** Fulfilled with what connecting was refused for, without any time passing. */
async function refusalOf(options: unknown): Promise<unknown> {
  let refused: unknown;
  connect(options as ConnectOptions).catch((error: unknown) => (refused = error));
  await vi.advanceTimersByTimeAsync(0);
  return refused;
}

it.each([
  undefined,
  null,
  "",
  "127.0.0.1:8181",
  "localhost:8181",
  "signal.example",
  "/signal",
  "ws://signal.example",
  "file:///signal",
  "https://alice:secret@signal.example",
  "https://signal.example/?a=1",
  "https://signal.example/#a",
  new URL("ftp://signal.example"),
  8181,
])("refuses the address %s at once", async (address) => {
  expect(await refusalOf({ url: address, fetch: fetcher })).toMatchObject({
    name: "SignalBrokerError",
    code: "invalid-url",
    message: expect.stringMatching(/"url".*https:\/\/signal\.example/) as string,
  });
  expect(asked).toEqual([]);
});

it("refuses to connect without options, and says what is missing", async () => {
  expect(await refusalOf(undefined)).toMatchObject({ code: "invalid-url" });
});

it("keeps a secret in an address out of its error", async () => {
  expect(String(await refusalOf({ url: "https://alice:secret@signal.example" }))).not.toContain("secret");
});

it.each([
  ["https://signal.example", "https://signal.example/connect"],
  ["https://signal.example/", "https://signal.example/connect"],
  ["http://127.0.0.1:8181/a/b", "http://127.0.0.1:8181/a/b/connect"],
  [new URL("https://signal.example/a"), "https://signal.example/a/connect"],
  ["https://signal.example/?", "https://signal.example/connect"],
  ["https://signal.example/a#", "https://signal.example/a/connect"],
])("accepts the address %s", async (address, connects) => {
  void connect({ url: address, fetch: fetcher, timeout: 1 }).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual([connects]);
});

it("accepts an address on the page's own server", async () => {
  vi.stubGlobal("location", new URL("https://app.example/chat/room?1"));
  void connect({ url: "/signal", fetch: fetcher, timeout: 1 }).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["https://app.example/signal/connect"]);
});

const never = (): Promise<never> => new Promise(() => undefined);

/** What a fetch does that the server never answers. */
const silent: typeof fetch = (_, init) =>
  new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new DOMException("late", "TimeoutError"))));

it.each([
  ["a token that never comes", { token: never }, "token-unavailable", /token/],
  ["a server that never answers", { fetch: silent }, "unreachable", /has not answered/],
  [
    "a connection that never opens",
    { fetch: opens, openSocket: () => new EventTarget(), listen: "websocket" },
    "listening-lost",
    /has not confirmed/,
  ],
] as const)("says within ten seconds that it waits for %s", async (_, options, code, reason) => {
  const states: State[] = [];
  const abort = new AbortController();
  const connecting = connect({ url, fetch: fetcher, onState: (state) => states.push(state), signal: abort.signal, ...options });
  connecting.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(states.at(-1)).toMatchObject({ name: "connecting", problem: { code, reason: expect.stringMatching(reason) as string } });
  // Whoever gives up hears the same.
  abort.abort();
  await expect(connecting).rejects.toMatchObject({ code: "aborted", message: expect.stringMatching(reason) as string });
});

it.each([
  ["a token that never comes", { token: never }, "token-unavailable", /2 s.*token/],
  ["a server that never answers", { fetch: silent }, "unreachable", /2 s.*has not answered/],
])("gives up after its timeout, with %s", async (_, options, code, message) => {
  const connecting = connect({ url, fetch: fetcher, timeout: 2000, ...options });
  const refused = expect(connecting).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  await vi.advanceTimersByTimeAsync(2000);
  await refused;
  expect(vi.getTimerCount()).toBe(0);
});

it.each([
  ["https://app.example/page", "https://signal.example", /CORS.*https:\/\/app\.example.*Cors:Origins/],
  ["https://app.example/page", "http://signal.example", /https.*http/],
  ["https://signal.example/page", "https://signal.example", /^((?!CORS).)*$/],
])("explains what a browser refuses to the page %s at %s", async (page, address, message) => {
  vi.stubGlobal("location", new URL(page));
  const failing = (): Promise<Response> => Promise.reject(new TypeError("Failed to fetch"));
  const connecting = connect({ url: address, fetch: failing, timeout: 1000 });
  const refused = expect(connecting).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringMatching(message) as string,
  });
  await vi.advanceTimersByTimeAsync(1000);
  await refused;
});

it("waits for ever if its timeout is infinite", async () => {
  const ends = new AbortController();
  let isSettled = false;
  const connecting = connect({ url, fetch: silent, timeout: Infinity, signal: ends.signal });
  const settled = connecting.catch(() => (isSettled = true));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(isSettled).toBe(false);
  ends.abort();
  await settled;
});
