import { afterEach, expect, it, vi } from "vitest";
import { createCalls, type Calls } from "../../src/calls/calls";
import { callType } from "../../src/calls/content";
import type { Signal } from "../../src/envelope";
import { SignalBrokerError } from "../../src/errors";

const said: unknown[] = [];

function create(): Calls {
  return createCalls({
    send: (to, content) => {
      said.push({ to, ...(content as object) });
      return Promise.resolve({ id: "1", sessions: [] });
    },
    sendLast: () => undefined,
    self: () => ({ userId: "alice", listeningKey: "s.alice" }),
    iceServers: () => Promise.resolve([]),
    options: {},
  });
}

afterEach(() => void vi.unstubAllGlobals());

it("refuses calls where there is no WebRTC, and leaves them to the user's other devices", async () => {
  // Node.js 18 has neither.
  vi.stubGlobal("crypto", undefined);
  const calls = create();
  await expect(calls.call("bob")).rejects.toMatchObject({ code: "no-webrtc" });

  let refused: Promise<unknown> = Promise.resolve();
  calls.onCall((incoming) => (refused = incoming.accept()));
  const ring = { call: "c", kind: "ring", media: {}, channels: [] };
  calls.receive({ from: "bob", fromSession: "s.bob", type: callType, content: ring } as unknown as Signal);
  await expect(refused).rejects.toBeInstanceOf(SignalBrokerError);
  expect(said).toMatchObject([{ to: { session: "s.bob" }, call: "c", kind: "busy" }]);
});
