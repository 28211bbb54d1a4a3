import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createCalls, type Calls } from "../../src/calls/calls";
import { callType } from "../../src/calls/content";
import type { CallOptions } from "../../src/calls/options";
import type { Signal } from "../../src/base/envelope";
import { SignalBrokerError } from "../../src/base/errors";
import { Connection, stubWebRtc } from "./connection";

let said: { to: unknown; call: string; kind: string }[] = [];

function create(): Calls {
  return createCalls({
    send: (to, content) => {
      said.push({ to, ...(content as { call: string; kind: string }) });
      return Promise.resolve({ id: "1", sessions: [] });
    },
    sendLast: () => undefined,
    self: () => "s.alice",
    iceServers: () => Promise.resolve([]),
    options: {},
  });
}

function bring(calls: Calls, content: object, from = "bob", more: Partial<Signal> = {}): void {
  calls.receive({ from, fromSession: `s.${from}`, type: callType, content, ...more } as Signal);
}

const ring = (call: string): object => ({ call, kind: "ring", media: {}, channels: [] });

beforeEach(() => void (said = []));

/** What is said goes to one of bob's sessions, and its id is that of the call that it began. */
async function callBob(calls: Calls, options?: CallOptions): Promise<{ id: string; made: Promise<string> }> {
  const made = calls.call("bob", options).then(({ id }) => id);
  made.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  return { id: said.at(-1)?.call ?? "", made };
}

/** Bob's call begins at both ends. */
async function talk(calls: Calls, id = "c"): Promise<void> {
  calls.onCall((incoming) => incoming.accept());
  bring(calls, ring(id));
  await vi.advanceTimersByTimeAsync(0);
  bring(calls, { call: id, kind: "negotiate" });
  Connection.made.at(-1)?.becomes("connected");
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("refuses calls where there is no WebRTC, and leaves them to the user's other devices", async () => {
  // Node.js 18 has neither.
  vi.stubGlobal("crypto", undefined);
  const calls = create();
  await expect(calls.call("bob")).rejects.toMatchObject({ code: "no-webrtc" });

  let refused: Promise<unknown> = Promise.resolve();
  calls.onCall((incoming) => (refused = incoming.accept()));
  bring(calls, ring("c"));
  await expect(refused).rejects.toBeInstanceOf(SignalBrokerError);
  expect(said).toMatchObject([{ to: { session: "s.bob" }, call: "c", kind: "busy" }]);
});

it("rings again for a caller who was silent", async () => {
  vi.useFakeTimers();
  const calls = create();
  const rung: string[] = [];
  calls.onCall((incoming) => {
    rung.push(incoming.id);
    void incoming.ended.then((how) => rung.push(how));
  });
  bring(calls, ring("c"));
  await vi.advanceTimersByTimeAsync(30_000);
  bring(calls, ring("c"));
  bring(calls, { call: "c", kind: "stop", reason: "cancelled" });
  bring(calls, ring("c"));
  await vi.advanceTimersByTimeAsync(0);
  expect(rung).toEqual(["c", "cancelled", "c", "cancelled"]);
});

it("lets only a few calls of one user ring, besides those of others", () => {
  const calls = create();
  const rung: string[] = [];
  calls.onCall(({ id, from }) => void rung.push(`${id} of ${from}`));
  ["1", "2", "3", "4", "5"].forEach((call) => bring(calls, ring(call)));
  bring(calls, ring("6"), "carol");
  expect(rung).toEqual(["1 of bob", "2 of bob", "3 of bob", "4 of bob", "6 of carol"]);
  bring(calls, { call: "2", kind: "stop", reason: "cancelled" });
  bring(calls, ring("5"));
  expect(rung.at(-1)).toBe("5 of bob");
});

it("does not ring for a stored signal", () => {
  const calls = create();
  const rung: string[] = [];
  calls.onCall(({ id }) => void rung.push(id));
  bring(calls, ring("c"), "bob", { sequence: 3 });
  expect(rung).toEqual([]);
  bring(calls, ring("c"));
  expect(rung).toEqual(["c"]);
});

it("tells a caller whom it is answering that the client is closed", async () => {
  stubWebRtc();
  const calls = create();
  calls.onCall((incoming) => incoming.accept());
  bring(calls, ring("c"));
  await new Promise((done) => setTimeout(done));
  await calls.hangUpAll("peer");
  expect(said).toMatchObject([{ kind: "accept" }, { to: { session: "s.bob" }, call: "c", kind: "busy" }]);
});

it("gives way to the other's call if both call at once and its id is lower", async () => {
  vi.useFakeTimers();
  stubWebRtc();
  const calls = create();
  const { id, made } = await callBob(calls);
  bring(calls, ring("!lower"));
  await vi.advanceTimersByTimeAsync(0);
  expect(said.slice(1)).toMatchObject([
    { to: "bob", call: id, kind: "stop", reason: "cancelled" },
    { to: { session: "s.bob" }, call: "!lower", kind: "accept", replaces: id },
  ]);
  bring(calls, { call: "!lower", kind: "negotiate" });
  expect(await made).toBe("!lower");
  expect(calls.current.map((call) => call.id)).toEqual(["!lower"]);
});

it("keeps its own call if both call at once and the other's id is higher", async () => {
  vi.useFakeTimers();
  stubWebRtc();
  const calls = create();
  const { id, made } = await callBob(calls);
  bring(calls, ring("~higher"));
  await vi.advanceTimersByTimeAsync(0);
  expect(said.slice(1)).toMatchObject([{ to: { session: "s.bob" }, call: id, kind: "ring" }]);
  bring(calls, { call: id, kind: "accept", secret: "x", replaces: "~higher" });
  expect(await made).toBe(id);
  bring(calls, ring("~higher"));
  expect(calls.current.map((call) => call.id)).toEqual([id]);
});

it("answers a user whom it calls while they ring here", async () => {
  vi.useFakeTimers();
  stubWebRtc();
  const calls = create();
  calls.onCall(() => undefined);
  bring(calls, ring("c"));
  const { made } = await callBob(calls);
  bring(calls, { call: "c", kind: "negotiate" });
  expect(await made).toBe("c");
});

it("joins a call that the other has just begun, and makes a new one later", async () => {
  vi.useFakeTimers();
  stubWebRtc();
  const calls = create();
  await talk(calls);
  await vi.advanceTimersByTimeAsync(1999);
  expect(await (await callBob(calls)).made).toBe("c");
  await vi.advanceTimersByTimeAsync(1);
  expect((await callBob(calls)).id).not.toBe("c");
  expect(said.at(-1)).toMatchObject({ to: "bob", kind: "ring" });
});

it.each([
  ["gave way to", "abort", "aborted"],
  ["gave way to", "time", "no-answer"],
  ["answers", "abort", "aborted"],
  ["answers", "time", "no-answer"],
])("refuses the other's call that it %s, when it gives up by %s", async (how, end, code) => {
  vi.useFakeTimers();
  stubWebRtc();
  const calls = create();
  calls.onCall(() => undefined);
  const abort = new AbortController();
  const rings = (): void => bring(calls, ring("!lower"));
  if (how === "answers") {
    rings();
  }
  const { made } = await callBob(calls, { signal: abort.signal, ringFor: 7000 });
  if (how !== "answers") {
    rings();
  }
  await vi.advanceTimersByTimeAsync(6000);
  if (end === "abort") {
    abort.abort();
  }
  await expect(Promise.all([made, vi.advanceTimersByTimeAsync(1000)])).rejects.toMatchObject({ code });
  expect(said.at(-1)).toMatchObject({ to: { session: "s.bob" }, call: "!lower", kind: "decline" });
  bring(calls, { call: "!lower", kind: "negotiate" });
  expect(calls.current).toEqual([]);
});

it("hangs up if it is aborted while the other's call begins", async () => {
  vi.useFakeTimers();
  stubWebRtc();
  const calls = create();
  const abort = new AbortController();
  const { made } = await callBob(calls, { signal: abort.signal });
  bring(calls, ring("!lower"));
  await vi.advanceTimersByTimeAsync(0);
  bring(calls, { call: "!lower", kind: "negotiate" });
  abort.abort();
  await expect(made).rejects.toMatchObject({ code: "aborted" });
  expect(calls.current).toEqual([]);
  expect(said.at(-1)).toMatchObject({ call: "!lower", kind: "end" });
});
