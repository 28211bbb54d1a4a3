import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { channelsOf } from "../../src/calls/channels";
import { readCallContent } from "../../src/calls/content";
import { createLine } from "../../src/calls/line";
import { createCall, type LiveCall } from "../../src/calls/liveCall";
import type { CallMedia } from "../../src/calls/options";
import type { Role } from "../../src/calls/proof";
import { SignalBrokerError } from "../../src/base/errors";
import { Channel, Connection, stubWebRtc } from "./connection";

let said: Record<string, unknown>[];
let refusal: SignalBrokerError | undefined;

const parts = {
  send: (_: unknown, content: unknown) => {
    said.push(content as Record<string, unknown>);
    return refusal ? Promise.reject(refusal) : Promise.resolve({ sessions: [{ listeningKey: "s.bob", outcome: "queued" as const }] });
  },
  sendLast: () => undefined,
  self: () => "s.alice",
};
const received = (content: object): NonNullable<ReturnType<typeof readCallContent>> =>
  readCallContent({ call: "id", ...content }) ?? expect.fail();

function create(role: Role, media: CallMedia = {}): LiveCall {
  return createCall({
    line: createLine(parts, { call: "id", peer: "bob", peerSession: "s.bob", role, secret: "x" }),
    info: undefined,
    media,
    otherChannels: [],
    patienceMs: 60_000,
    createConnection: () => new RTCPeerConnection(),
    configuration: () => Promise.resolve({}),
    onEnded: () => undefined,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  stubWebRtc();
  said = [];
  refusal = undefined;
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it("leaves nothing behind when it can't begin", () => {
  vi.spyOn(Connection.prototype, "addTrack").mockImplementation(() => {
    throw new TypeError("no such track");
  });
  const media = { getTracks: () => [{ kind: "video" }] } as unknown as MediaStream;
  expect(() => create("caller", { media })).toThrow("no such track");
  expect(Connection.made).toMatchObject([{ connectionState: "closed" }]);
  expect(vi.getTimerCount()).toBe(0);
});

it.each(["decline", "busy"])("ends when the callee says %s after all", async (kind) => {
  const live = create("caller");
  live.receive(received({ kind }));
  expect(await live.call.ended).toEqual({ reason: "peer-hung-up" });
  expect(said).toEqual([]);
});

it("always offers something as caller, and only what it was given as callee", () => {
  const media = { getTracks: () => [] } as unknown as MediaStream;
  for (const nothing of [{}, { channels: [] }, { media }, { media, channels: [] }]) {
    create("caller", nothing);
    expect(Connection.made.at(-1)?.channels).toMatchObject([{ label: "default" }]);
  }
  const track = { kind: "video" } as MediaStreamTrack;
  create("caller", { media: { getTracks: () => [track] } as unknown as MediaStream });
  expect(Connection.made.at(-1)).toMatchObject({ channels: [], sent: [track] });

  expect(channelsOf({}, "callee")).toEqual(["default"]);
  expect(channelsOf({ channels: [] }, "callee")).toEqual([]);
});

it("rejects channels that are opening when the call ends, although none of them closes", async () => {
  const live = create("caller");
  const opening = live.call.openChannel("file");
  const waiting = live.call.channel("chat");
  live.call.hangUp();
  await expect(opening).rejects.toMatchObject({ code: "peer-gone" });
  await expect(waiting).rejects.toMatchObject({ code: "peer-gone" });
});

it("forgets closed channels", async () => {
  const { call } = create("callee");
  const [connection] = Connection.made;
  const channel = new Channel("file");
  connection?.ondatachannel?.({ channel });
  channel.becomes("open");
  expect(await call.channel("file")).toBe(channel);
  channel.becomes("closed");
  const heard: unknown[] = [];
  call.onChannel((known) => heard.push(known));
  expect(heard).toEqual([]);

  const next = new Channel("file");
  connection?.ondatachannel?.({ channel: next });
  next.becomes("open");
  expect(await call.channel("file")).toBe(next);
  expect(heard).toEqual([next]);
});

it("ends at once if the server refuses the first offer for good", async () => {
  refusal = new SignalBrokerError("payload-too-large", "The body is too large.", { status: 413 });
  const { call } = create("caller");
  void Connection.made[0]?.onnegotiationneeded?.();
  await vi.advanceTimersByTimeAsync(10);
  expect(call.state).toEqual({ name: "ended", end: { reason: "refused", error: refusal } });
  await expect(call.connected).rejects.toBe(refusal);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(said.map(({ kind }) => kind)).toEqual(["negotiate", "end"]);
  expect(vi.getTimerCount()).toBe(0);
});

it("goes on without a change that the server refuses for good, and reports it once", async () => {
  const { call } = create("caller");
  const heard: string[] = [];
  call.onRefused(({ code }) => heard.push(code));
  Connection.made[0]?.becomes("connected");
  refusal = new SignalBrokerError("payload-too-large", "The body is too large.", { status: 413 });
  void Connection.made[0]?.onnegotiationneeded?.();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(call.state).toEqual({ name: "connected" });
  expect(heard).toEqual(["payload-too-large"]);
  expect(said).toHaveLength(1);
});
