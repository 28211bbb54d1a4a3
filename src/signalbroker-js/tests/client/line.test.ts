import { expect, it } from "vitest";
import { readCallContent, type ReceivedContent } from "../../src/calls/content";
import { createLine } from "../../src/calls/line";
import { proofOf } from "../../src/calls/proof";

const parts = {
  send: () => Promise.resolve({ sessions: [] }),
  sendLast: () => undefined,
  self: () => "s.alice",
};
const from = (session: string): ReceivedContent =>
  readCallContent({ call: "id", kind: "negotiate", proof: proofOf("x", "id", "callee", session) }) ?? expect.fail();

it("follows the other end from session to session, and ignores late signals from old ones", () => {
  const line = createLine(parts, { call: "id", peer: "anonymous-1", peerSession: "s.1", role: "caller", secret: "x" });
  expect(line.accepts(from("s.2"), "anonymous-2", "s.2")).toBe(true);
  expect(line.accepts(from("s.1"), "anonymous-1", "s.1")).toBe(true);
  expect([line.peer, line.peerSession]).toEqual(["anonymous-2", "s.2"]);
  expect(line.accepts(from("s.3"), "anonymous-3", "s.3")).toBe(true);
  expect(line.accepts(from("s.2"), "anonymous-2", "s.2")).toBe(true);
  expect([line.peer, line.peerSession]).toEqual(["anonymous-3", "s.3"]);
  expect(line.accepts(from("s.3"), "mallory", "s.m")).toBe(false);
});
