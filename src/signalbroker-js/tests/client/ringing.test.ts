import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { callType, readCallContent, type Receive } from "../../src/calls/content";
import { createRing, type Ring } from "../../src/calls/incoming";
import type { Line, LineEnds } from "../../src/calls/line";
import type { LiveCall } from "../../src/calls/liveCall";
import type { CallOptions } from "../../src/calls/options";
import { createOutgoing, type Outgoing } from "../../src/calls/outgoing";
import { proofOf } from "../../src/calls/proof";
import { SignalBrokerError } from "../../src/base/errors";
import type { Addressee, Sent } from "../../src/sending/signal";

interface Sending {
  to: Addressee;
  content: Record<string, unknown>;
}

let sent: Sending[];
let sessions: string[];
let isHidden: boolean;
let ownKey: string;
let begun: LineEnds[];
let last: Sending[];
let late: Receive;

const parts = {
  send: (to: Addressee, content: unknown): Promise<Pick<Sent, "sessions"> & Partial<Sent>> => {
    sent.push({ to, content: content as Record<string, unknown> });
    if (isHidden) {
      return Promise.resolve({ accepted: true, sessions: [] });
    }
    return sessions.length === 0
      ? Promise.reject(new SignalBrokerError("user-not-listening", "", { status: 404 }))
      : Promise.resolve({ sessions: sessions.map((listeningKey) => ({ listeningKey, outcome: "queued" })) });
  },
  sendLast: (to: Addressee, content: unknown) => void last.push({ to, content: content as Record<string, unknown> }),
  self: () => ({ listeningKey: ownKey }),
};
const begin = ({ call, peer, peerSession, role, secret }: Line): LiveCall => {
  begun.push({ call, peer, peerSession, role, secret });
  return { call: { id: call }, receive: () => undefined } as unknown as LiveCall;
};
const beginNothing = (): LiveCall => {
  throw new DOMException("Cannot create so many PeerConnections", "UnknownError");
};
const received = (content: object): NonNullable<ReturnType<typeof readCallContent>> =>
  readCallContent({ call: "id", ...content }) ?? expect.fail();
const kinds = (): unknown[] => sent.map(({ content }) => content["kind"]);
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "fine",
    (error: SignalBrokerError) => error.code,
  );
const tick = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  last = [];
  sessions = ["s.b1", "s.b2"];
  isHidden = false;
  ownKey = "s.me";
  begun = [];
});

afterEach(() => {
  vi.useRealTimers();
});

function call(options: CallOptions = {}, prepared = begin): Outgoing {
  return createOutgoing({
    parts,
    call: "id",
    to: "bob",
    options,
    prepare: () => Promise.resolve(prepared),
    onReplaced: () => undefined,
    onEnded: () => undefined,
  });
}

function ring(prepared = begin): Ring {
  return createRing({
    parts,
    call: "id",
    from: "alice",
    fromSession: "s.a1",
    content: received({ kind: "ring" }) as ReturnType<typeof received> & { kind: "ring" },
    prepare: () => Promise.resolve(prepared),
    onEnded: (_, answer) => (late = answer),
  });
}

it("rings at every device, without a description of the connection, and again for those that come later", async () => {
  call({ info: "lunch?" });
  await tick();
  expect(sent).toEqual([
    {
      to: "bob",
      content: {
        call: "id",
        kind: "ring",
        info: "lunch?",
        media: { audio: false, video: false },
        channels: ["default"],
      },
    },
  ]);
  await tick(10_000);
  expect(kinds()).toEqual(["ring", "ring", "ring"]);
});

it("begins with the session that accepts first, and stops the ringing of the others", async () => {
  const outgoing = call();
  await tick();
  outgoing.receive(received({ kind: "accept", secret: "x" }), "bob", "s.b2");
  outgoing.receive(received({ kind: "accept", secret: "y" }), "bob", "s.b1");
  expect((await outgoing.answered).id).toBe("id");
  expect(begun).toEqual([{ call: "id", peer: "bob", peerSession: "s.b2", role: "caller", secret: "x" }]);
  expect(sent.at(-1)).toEqual({
    to: "bob",
    content: { call: "id", kind: "stop", reason: "answered-elsewhere", by: "s.b2" },
  });
  await tick(60_000);
  expect(kinds().filter((kind) => kind === "ring")).toHaveLength(1);
});

it("takes an answer from nobody but the called user", async () => {
  const outgoing = call();
  await tick();
  outgoing.receive(received({ kind: "accept", secret: "x" }), "mallory", "s.m");
  outgoing.receive(received({ kind: "decline" }), "mallory", "s.m");
  await tick();
  expect(begun).toEqual([]);
  expect(kinds()).toEqual(["ring"]);
});

it("ends with the code of what happened", async () => {
  const declined = call();
  await tick();
  declined.receive(received({ kind: "decline" }), "bob", "s.b1");
  expect(await codeOf(declined.answered)).toBe("declined");
  expect(sent.at(-1)?.content).toMatchObject({ kind: "stop", reason: "declined" });

  const unheard = codeOf(call({ ringFor: 7000 }).answered);
  await tick(7000);
  expect(await unheard).toBe("no-answer");
  expect(sent.at(-1)?.content).toMatchObject({ kind: "stop", reason: "cancelled" });

  const abort = new AbortController();
  const aborted = codeOf(call({ signal: abort.signal }).answered);
  await tick();
  abort.abort();
  expect(await aborted).toBe("aborted");

  sessions = [];
  expect(await codeOf(call().answered)).toBe("user-not-listening");
});

it("is busy only when every device is", async () => {
  const outgoing = call();
  await tick();
  outgoing.receive(received({ kind: "busy" }), "bob", "s.b1");
  const code = codeOf(outgoing.answered);
  await tick();
  expect(kinds()).toEqual(["ring"]);
  outgoing.receive(received({ kind: "busy" }), "bob", "s.b2");
  expect(await code).toBe("busy");
});

it("waits for the other devices of a callee who is hidden, and is busy if only that was heard", async () => {
  isHidden = true;
  const busy = call({ ringFor: 7000 });
  const code = codeOf(busy.answered);
  await tick();
  busy.receive(received({ kind: "busy" }), "bob", "s.b1");
  await tick(6999);
  expect(kinds()).toEqual(["ring", "ring"]);
  await tick(1);
  expect(await code).toBe("busy");

  const unheard = codeOf(call({ ringFor: 7000 }).answered);
  await tick(7000);
  expect(await unheard).toBe("no-answer");
});

it("rings on while the callee's devices reconnect", async () => {
  const outgoing = call();
  await tick();
  sessions = [];
  await tick(10_000);
  sessions = ["s.b3"];
  await tick(5000);
  outgoing.receive(received({ kind: "accept", secret: "x" }), "bob", "s.b3");
  expect((await outgoing.answered).id).toBe("id");
});

it("answers to the caller's session alone, with the secret", async () => {
  const incoming = ring();
  const accepted = incoming.accept({});
  await tick();
  expect(sent).toHaveLength(1);
  expect(sent[0]).toMatchObject({ to: { session: "s.a1" }, content: { kind: "accept" } });
  const secret = String(sent[0]?.content["secret"]);
  expect(sent[0]?.content["proof"]).toBe(proofOf(secret, "id", "callee", "s.me"));

  incoming.receive(received({ kind: "negotiate" }), "alice", "s.a1");
  expect((await accepted).id).toBe("id");
  expect(begun).toEqual([{ call: "id", peer: "alice", peerSession: "s.a1", role: "callee", secret }]);
  expect(await incoming.incoming.ended).toBe("accepted");
});

it("lets a caller in that has come back only with a proof", async () => {
  const incoming = ring();
  void incoming.accept({});
  await tick();
  const secret = String(sent[0]?.content["secret"]);
  incoming.receive(received({ kind: "negotiate" }), "alice", "s.a2");
  incoming.receive(
    received({ kind: "negotiate", proof: proofOf(secret, "id", "callee", "s.a2") }),
    "alice",
    "s.a2",
  );
  expect(begun).toEqual([]);
  incoming.receive(
    received({ kind: "negotiate", proof: proofOf(secret, "id", "caller", "s.a2") }),
    "alice",
    "s.a2",
  );
  expect(begun).toMatchObject([{ peerSession: "s.a2" }]);
});

it("accepts once more when the caller rings again, or when it has come back itself", async () => {
  const incoming = ring();
  void incoming.accept({});
  await tick();
  incoming.receive(received({ kind: "ring" }), "alice", "s.a2");
  expect(sent.at(-1)).toMatchObject({ to: { session: "s.a2" }, content: { kind: "accept" } });
  ownKey = "s.me2";
  incoming.listening();
  expect(sent.slice(-2)).toMatchObject([
    { to: { session: "s.a2" }, content: { kind: "accept" } },
    { to: "alice", content: { kind: "resume" } },
  ]);
  // To all of the caller's sessions goes no secret.
  expect(sent.filter(({ to }) => to === "alice").every(({ content }) => !("secret" in content))).toBe(true);
  expect(new Set(sent.filter(({ content }) => content["secret"]).map(({ content }) => content["secret"])).size).toBe(1);
});

it("stops ringing when another device answers, and not when it was this one", async () => {
  const other = ring();
  other.receive(received({ kind: "stop", reason: "answered-elsewhere", by: "s.me" }), "alice", "s.a1");
  expect(await other.incoming.ended).toBe("answered-elsewhere");
  expect(await codeOf(other.incoming.accept())).toBe("answered-elsewhere");

  const mine = ring();
  const accepted = mine.accept({});
  await tick();
  mine.receive(received({ kind: "stop", reason: "answered-elsewhere", by: "s.me" }), "alice", "s.a1");
  mine.receive(received({ kind: "negotiate" }), "alice", "s.a1");
  expect(await codeOf(accepted)).toBe("fine");
});

it("hears nobody but the caller", async () => {
  const incoming = ring();
  incoming.receive(received({ kind: "stop", reason: "cancelled" }), "mallory", "s.m");
  void incoming.accept({});
  await tick();
  expect(kinds()).toEqual(["accept"]);
});

it("gives a caller up that never begins", async () => {
  const incoming = ring();
  const code = codeOf(incoming.accept({}));
  await tick(45_000);
  expect(await code).toBe("peer-gone");
});

it("rings no more when nothing comes of the caller, and as long as something does", async () => {
  const incoming = ring();
  let end: string | undefined;
  void incoming.incoming.ended.then((how) => (end = how));
  for (let rung = 0; rung < 10; rung++) {
    await tick(5000);
    incoming.receive(received({ kind: "ring" }), "alice", "s.a1");
  }
  await tick(25_000);
  expect(end).toBeUndefined();
  await tick(5000);
  expect(end).toBe("cancelled");
  expect(await codeOf(incoming.incoming.accept())).toBe("cancelled");
});

it("declines for all devices, and is busy for one", async () => {
  const first = ring();
  first.incoming.decline();
  const second = ring();
  second.incoming.busy();
  expect(kinds()).toEqual(["decline", "busy"]);
  expect(await first.incoming.ended).toBe("declined");
  expect(await second.incoming.ended).toBe("busy");
});

it("rings no more when the call can't begin here", async () => {
  const outgoing = call({}, beginNothing);
  const code = codeOf(outgoing.answered);
  await tick();
  outgoing.receive(received({ kind: "accept", secret: "x" }), "bob", "s.b1");
  expect(await code).toBe("no-webrtc");
  expect(sent.at(-1)).toEqual({ to: "bob", content: { call: "id", kind: "stop", reason: "cancelled", by: undefined } });
});

it("tells the caller when the call can't begin here", async () => {
  const incoming = ring(beginNothing);
  const code = codeOf(incoming.accept({}));
  await tick();
  incoming.receive(received({ kind: "negotiate" }), "alice", "s.a1");
  expect(await code).toBe("no-webrtc");
  expect(await incoming.incoming.ended).toBe("busy");
  expect(sent.at(-1)).toMatchObject({ to: { session: "s.a1" }, content: { kind: "busy" } });
});

it("tells a caller who begins that the call was refused after it had been accepted", async () => {
  const incoming = ring();
  const code = codeOf(incoming.accept({}));
  await tick();
  incoming.incoming.decline();
  expect(await code).toBe("declined");
  expect(kinds()).toEqual(["accept", "decline"]);
  const secret = String(sent[0]?.content["secret"]);
  const proof = proofOf(secret, "id", "callee", "s.me");
  expect(sent[1]).toMatchObject({ to: { session: "s.a1" }, content: { proof } });

  late(received({ kind: "negotiate" }), "mallory", "s.m");
  expect(sent).toHaveLength(2);
  late(received({ kind: "negotiate" }), "alice", "s.a1");
  late(received({ kind: "resume" }), "alice", "s.a2");
  expect(sent.slice(2)).toMatchObject([
    { to: { session: "s.a1" }, content: { kind: "end", proof } },
    { to: { session: "s.a2" }, content: { kind: "end", proof } },
  ]);
});

it("tells the caller when the client is closed while it accepts, and else nobody", async () => {
  const ringing = ring();
  await ringing.close("peer");
  expect(sent).toEqual([]);

  const accepting = ring();
  const code = codeOf(accepting.accept({}));
  await tick();
  await accepting.close("peer");
  expect(await code).toBe("closed");
  expect(sent.at(-1)).toMatchObject({ to: { session: "s.a1" }, content: { kind: "busy" } });

  const leaving = ring();
  void codeOf(leaving.accept({}));
  await tick();
  await leaving.close("last");
  expect(last).toMatchObject([{ to: { session: "s.a1" }, content: { kind: "busy" } }]);
});

it("reads no content but that of calls", () => {
  expect(callType).toBe("signalbroker.call");
  expect(readCallContent("ring")).toBeUndefined();
  expect(readCallContent({ kind: "ring" })).toBeUndefined();
  expect(readCallContent({ call: "id", kind: "accept" })).toBeUndefined();
  expect(readCallContent({ call: "id", kind: "something newer" })).toBeUndefined();
  expect(readCallContent({ call: "id", kind: "ring", media: 1, channels: [1, "chat"] })).toMatchObject({
    media: { audio: false, video: false },
    channels: ["chat"],
  });
});

it("rings at one's own other devices, and refuses at once where there is none", async () => {
  sessions = ["s.me"];
  const alone = call();
  await tick();
  expect(await codeOf(alone.answered)).toBe("no-other-device");
  expect(kinds()).toEqual(["ring"]);
  expect(vi.getTimerCount()).toBe(0);

  sessions = ["s.me", "s.phone"];
  const ringing = call();
  await tick();
  ringing.receive(received({ kind: "busy" }), "bob", "s.phone");
  expect(await codeOf(ringing.answered)).toBe("busy");
});
