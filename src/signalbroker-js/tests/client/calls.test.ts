import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createCalls, type Calls } from "../../src/calls/calls";
import { callType } from "../../src/calls/content";
import type { Signal } from "../../src/envelope";
import { SignalBrokerError } from "../../src/errors";
import { stubWebRtc } from "./connection";

let said: { to: unknown; call: string; kind: string }[] = [];

function create(): Calls {
  return createCalls({
    send: (to, content) => {
      said.push({ to, ...(content as { call: string; kind: string }) });
      return Promise.resolve({ id: "1", sessions: [] });
    },
    sendLast: () => undefined,
    self: () => ({ userId: "alice", listeningKey: "s.alice" }),
    iceServers: () => Promise.resolve([]),
    options: {},
  });
}

function bring(calls: Calls, content: object, from = "bob", more: Partial<Signal> = {}): void {
  calls.receive({ from, fromSession: `s.${from}`, type: callType, content, ...more } as Signal);
}

const ring = (call: string): object => ({ call, kind: "ring", media: {}, channels: [] });

beforeEach(() => void (said = []));

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

it("rings for a caller who was silent when something comes again", async () => {
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

it("lets a few calls of one user ring, and those of others besides", () => {
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

it("does not ring for what was stored", () => {
  const calls = create();
  const rung: string[] = [];
  calls.onCall(({ id }) => void rung.push(id));
  bring(calls, ring("c"), "bob", { sequence: 3 });
  expect(rung).toEqual([]);
  bring(calls, ring("c"));
  expect(rung).toEqual(["c"]);
});

it("tells who is being answered when the client is closed", async () => {
  stubWebRtc();
  const calls = create();
  calls.onCall((incoming) => incoming.accept());
  bring(calls, ring("c"));
  await new Promise((done) => setTimeout(done));
  await calls.hangUpAll("peer");
  expect(said).toMatchObject([{ kind: "accept" }, { to: { session: "s.bob" }, call: "c", kind: "busy" }]);
});
