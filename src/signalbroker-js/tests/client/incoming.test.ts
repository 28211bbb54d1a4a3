import { expect, it } from "vitest";
import { proofOf } from "../../src/calls/proof";
import { beginNothing, codeOf, kinds, received, ring, useRinging, world } from "./ringing";
import { tick } from "./server";

useRinging();

it("answers only the caller's session, with the secret", async () => {
  const incoming = ring();
  const accepted = incoming.accept({});
  await tick();
  expect(world.sent).toHaveLength(1);
  expect(world.sent[0]).toMatchObject({ to: { session: "s.a1" }, content: { kind: "accept" } });
  const secret = String(world.sent[0]?.content["secret"]);
  expect(world.sent[0]?.content["proof"]).toBe(proofOf(secret, "id", "callee", "s.me"));

  incoming.receive(received({ kind: "negotiate" }), "alice", "s.a1");
  expect((await accepted).id).toBe("id");
  expect(world.begun).toEqual([{ call: "id", peer: "alice", peerSession: "s.a1", role: "callee", secret }]);
  expect(await incoming.incoming.ended).toBe("accepted");
});

it("needs a proof from a caller who has reconnected", async () => {
  const incoming = ring();
  void incoming.accept({});
  await tick();
  const secret = String(world.sent[0]?.content["secret"]);
  incoming.receive(received({ kind: "negotiate" }), "alice", "s.a2");
  incoming.receive(
    received({ kind: "negotiate", proof: proofOf(secret, "id", "callee", "s.a2") }),
    "alice",
    "s.a2",
  );
  expect(world.begun).toEqual([]);
  incoming.receive(
    received({ kind: "negotiate", proof: proofOf(secret, "id", "caller", "s.a2") }),
    "alice",
    "s.a2",
  );
  expect(world.begun).toMatchObject([{ peerSession: "s.a2" }]);
});

it("accepts again when the caller rings again or when this end has reconnected", async () => {
  const incoming = ring();
  void incoming.accept({});
  await tick();
  incoming.receive(received({ kind: "ring" }), "alice", "s.a2");
  expect(world.sent.at(-1)).toMatchObject({ to: { session: "s.a2" }, content: { kind: "accept" } });
  world.ownName = "s.me2";
  incoming.listening();
  expect(world.sent.slice(-2)).toMatchObject([
    { to: { session: "s.a2" }, content: { kind: "accept" } },
    { to: "alice", content: { kind: "resume" } },
  ]);
  // To all of the caller's sessions goes no secret.
  expect(world.sent.filter(({ to }) => to === "alice").every(({ content }) => !("secret" in content))).toBe(true);
  expect(new Set(world.sent.filter(({ content }) => content["secret"]).map(({ content }) => content["secret"])).size).toBe(1);
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

it("ignores everybody but the caller", async () => {
  const incoming = ring();
  incoming.receive(received({ kind: "stop", reason: "cancelled" }), "mallory", "s.m");
  void incoming.accept({});
  await tick();
  expect(kinds()).toEqual(["accept"]);
});

it("gives up on a caller who never begins", async () => {
  const incoming = ring();
  const code = codeOf(incoming.accept({}));
  await tick(45_000);
  expect(await code).toBe("peer-gone");
});

it("rings as long as the caller does, and no longer", async () => {
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

it("tells the caller when the call can't begin here", async () => {
  const incoming = ring(beginNothing);
  const code = codeOf(incoming.accept({}));
  await tick();
  incoming.receive(received({ kind: "negotiate" }), "alice", "s.a1");
  expect(await code).toBe("no-webrtc");
  expect(await incoming.incoming.ended).toBe("busy");
  expect(world.sent.at(-1)).toMatchObject({ to: { session: "s.a1" }, content: { kind: "busy" } });
});

it("tells a caller who begins that the accepted call was refused after all", async () => {
  const incoming = ring();
  const code = codeOf(incoming.accept({}));
  await tick();
  incoming.incoming.decline();
  expect(await code).toBe("declined");
  expect(kinds()).toEqual(["accept", "decline"]);
  const secret = String(world.sent[0]?.content["secret"]);
  const proof = proofOf(secret, "id", "callee", "s.me");
  expect(world.sent[1]).toMatchObject({ to: { session: "s.a1" }, content: { proof } });

  world.late(received({ kind: "negotiate" }), "mallory", "s.m");
  expect(world.sent).toHaveLength(2);
  world.late(received({ kind: "negotiate" }), "alice", "s.a1");
  world.late(received({ kind: "resume" }), "alice", "s.a2");
  expect(world.sent.slice(2)).toMatchObject([
    { to: { session: "s.a1" }, content: { kind: "end", proof } },
    { to: { session: "s.a2" }, content: { kind: "end", proof } },
  ]);
});

it("tells the caller that the client is closed only if it has accepted", async () => {
  const ringing = ring();
  await ringing.close("peer");
  expect(world.sent).toEqual([]);

  const accepting = ring();
  const code = codeOf(accepting.accept({}));
  await tick();
  await accepting.close("peer");
  expect(await code).toBe("closed");
  expect(world.sent.at(-1)).toMatchObject({ to: { session: "s.a1" }, content: { kind: "busy" } });

  const leaving = ring();
  void codeOf(leaving.accept({}));
  await tick();
  await leaving.close("last");
  expect(world.last).toMatchObject([{ to: { session: "s.a1" }, content: { kind: "busy" } }]);
});
