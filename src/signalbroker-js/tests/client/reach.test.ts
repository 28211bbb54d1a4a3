import { expect, it } from "vitest";
import { reach, type CallParts, type Reach } from "../../src/calls/line";
import { SignalBrokerError } from "../../src/base/errors";

const reachedBy = (send: () => ReturnType<CallParts["send"]>): Promise<Reach> =>
  reach({ send } as unknown as CallParts, { session: "s.b" }, {});

it.each([
  ["queued", "arrived"],
  ["notListening", "gone"],
  ["unknown", "unsure"],
  ["overloaded", "unsure"],
])("a signal that is %s at the only session has %s", async (outcome, reached) => {
  const sessions = [{ listeningKey: "s.b", outcome }];
  expect(await reachedBy(() => Promise.resolve({ sessions }))).toBe(reached);
});

it("counts a signal to a hidden user as arrived", async () => {
  expect(await reachedBy(() => Promise.resolve({ accepted: true, sessions: [] }))).toBe("arrived");
  expect(await reachedBy(() => Promise.resolve({ sessions: [] }))).toBe("gone");
});

it("counts a user as gone only if the server says so", async () => {
  const failing = (code: string) => reachedBy(() => Promise.reject(new SignalBrokerError(code, "", { status: 404 })));
  expect(await failing("user-not-listening")).toBe("gone");
  expect(await failing("unreachable")).toBe("unsure");
});

it.each([
  [400, "malformed-body", true],
  [403, "user-id-mismatch", true],
  [413, "payload-too-large", true],
  [401, "unauthorized", false],
  [408, "request-timeout", false],
  [409, "signal-under-way", false],
  [429, "too-many-requests", false],
  [503, "node-unavailable", false],
  [403, "unreachable", false],
])("knows whether a %s (%s) is refused for good", async (status, code, isFinal) => {
  const error = new SignalBrokerError(code, "", { status });
  expect(await reachedBy(() => Promise.reject(error))).toBe(isFinal ? error : "unsure");
});
