import { expect, it, vi } from "vitest";
import { beginNothing, call, codeOf, kinds, received, useRinging, world } from "./ringing";
import { tick } from "./server";

useRinging();

it("rings at every device without describing the connection, and again for late ones", async () => {
  call({ info: "lunch?" });
  await tick();
  expect(world.sent).toEqual([
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

it("begins with the first session that accepts, and stops ringing at the others", async () => {
  const outgoing = call();
  await tick();
  outgoing.receive(received({ kind: "accept", secret: "x" }), "bob", "s.b2");
  outgoing.receive(received({ kind: "accept", secret: "y" }), "bob", "s.b1");
  expect((await outgoing.answered).id).toBe("id");
  expect(world.begun).toEqual([{ call: "id", peer: "bob", peerSession: "s.b2", role: "caller", secret: "x" }]);
  expect(world.sent.at(-1)).toEqual({
    to: "bob",
    content: { call: "id", kind: "stop", reason: "answered-elsewhere", by: "s.b2" },
  });
  await tick(60_000);
  expect(kinds().filter((kind) => kind === "ring")).toHaveLength(1);
});

it.each([
  ["only where it was accepted", ["s.b2"], false],
  ["also elsewhere", ["s.b1", "s.b2"], true],
  ["who knows where", [], true],
])("tells that a call was answered only if others may ring: it rang %s", async (_, sessions, isTold) => {
  world.sessions = ["s.b2"];
  const outgoing = call();
  await tick();
  world.sessions = sessions;
  world.isHidden = sessions.length === 0;
  await tick(5000);
  outgoing.receive(received({ kind: "accept", secret: "x" }), "bob", "s.b2");
  await outgoing.answered;
  expect(kinds()).toEqual(["ring", "ring", ...(isTold ? ["stop"] : [])]);
});

it("accepts answers only from the called user", async () => {
  const outgoing = call();
  await tick();
  outgoing.receive(received({ kind: "accept", secret: "x" }), "mallory", "s.m");
  outgoing.receive(received({ kind: "decline" }), "mallory", "s.m");
  await tick();
  expect(world.begun).toEqual([]);
  expect(kinds()).toEqual(["ring"]);
});

it("fails with the code of the reason", async () => {
  const declined = call();
  await tick();
  declined.receive(received({ kind: "decline" }), "bob", "s.b1");
  expect(await codeOf(declined.answered)).toBe("declined");
  expect(world.sent.at(-1)?.content).toMatchObject({ kind: "stop", reason: "declined" });

  const unheard = codeOf(call({ ringFor: 7000 }).answered);
  await tick(7000);
  expect(await unheard).toBe("no-answer");
  expect(world.sent.at(-1)?.content).toMatchObject({ kind: "stop", reason: "cancelled" });

  const abort = new AbortController();
  const aborted = codeOf(call({ signal: abort.signal }).answered);
  await tick();
  abort.abort();
  expect(await aborted).toBe("aborted");

  world.sessions = [];
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

it("waits for other devices of a hidden callee, and is busy if none of them answers", async () => {
  world.isHidden = true;
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

it("keeps ringing while the callee's devices reconnect", async () => {
  const outgoing = call();
  await tick();
  world.sessions = [];
  await tick(10_000);
  world.sessions = ["s.b3"];
  await tick(5000);
  outgoing.receive(received({ kind: "accept", secret: "x" }), "bob", "s.b3");
  expect((await outgoing.answered).id).toBe("id");
});

it("stops ringing when the call can't begin here", async () => {
  const outgoing = call({}, beginNothing);
  const code = codeOf(outgoing.answered);
  await tick();
  outgoing.receive(received({ kind: "accept", secret: "x" }), "bob", "s.b1");
  expect(await code).toBe("no-webrtc");
  expect(world.sent.at(-1)).toEqual({ to: "bob", content: { call: "id", kind: "stop", reason: "cancelled", by: undefined } });
});

it("rings at the user's own other devices, and fails at once if there are none", async () => {
  world.sessions = ["s.me"];
  const alone = call();
  await tick();
  expect(await codeOf(alone.answered)).toBe("no-other-device");
  expect(kinds()).toEqual(["ring"]);
  expect(vi.getTimerCount()).toBe(0);

  world.sessions = ["s.me", "s.phone"];
  const ringing = call();
  await tick();
  ringing.receive(received({ kind: "busy" }), "bob", "s.phone");
  expect(await codeOf(ringing.answered)).toBe("busy");
});
