import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Negotiate } from "../../src/calls/content";
import type { Reach } from "../../src/calls/line";
import { createNegotiation, type Negotiation } from "../../src/calls/negotiation";
import { SignalBrokerError } from "../../src/base/errors";
import { Connection } from "./connection";

let connection: Connection;
let said: string[];
let sent: Negotiate[];
let refused: string[];
let reached: (content: Negotiate) => Promise<Reach>;

const tick = (ms = 100): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const offer = (number: number): Negotiate => ({
  kind: "negotiate",
  offer: number,
  description: { type: "offer", sdp: `offer ${number}` },
});

function create(polite: boolean): Negotiation {
  return createNegotiation({
    connection: connection as unknown as RTCPeerConnection,
    polite,
    send(content) {
      sent.push(content);
      said.push(`${content.description?.type ?? "candidates"} ${content.offer ?? ""}`.trim());
      return reached(content);
    },
    onFirstOffer: () => undefined,
    onRefused: (error, isAnswer) => refused.push(`${error.code}${isAnswer ? " answer" : ""}`),
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  connection = new Connection();
  said = [];
  sent = [];
  refused = [];
  reached = () => Promise.resolve("arrived");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("answers a duplicate offer, and makes none of its own", async () => {
  const negotiation = create(true);
  void negotiation.receive(offer(1));
  void negotiation.receive(offer(1));
  await tick();
  expect(connection.done).toEqual(["remote offer", "answer"]);
  expect(connection.signalingState).toBe("stable");
  expect(new Set(said)).toEqual(new Set(["answer 1"]));
});

it("repeats the answer, and rolls nothing back, when an offer is repeated", async () => {
  const negotiation = create(true);
  void negotiation.receive(offer(1));
  await tick();
  void negotiation.receive(offer(1));
  await tick();
  expect(said).toEqual(["answer 1", "answer 1"]);
  expect(connection.done).toEqual(["remote offer", "answer"]);

  void connection.onnegotiationneeded?.();
  await tick();
  void negotiation.receive({ kind: "negotiate", offer: 1, description: { type: "answer", sdp: "" } });
  await tick();
  void negotiation.receive(offer(1));
  await tick();
  expect(said).toEqual(["answer 1", "answer 1", "offer 1"]);
});

it("takes the candidates of a repeated offer", async () => {
  const negotiation = create(true);
  const taken = vi.spyOn(connection, "addIceCandidate");
  void negotiation.receive(offer(1));
  await tick();
  const found = ["candidate:1 1 udp 1 10.0.0.1 4000 typ host", "candidate:2 1 udp 1 10.0.0.2 4000 typ host"];
  const sdp = `v=0\r\nm=audio 9\r\na=${found[0]}\r\nm=video 9\r\na=mid:1\r\na=${found[1]}\r\n`;
  void negotiation.receive({ kind: "negotiate", offer: 1, description: { type: "offer", sdp } });
  await tick();
  expect(taken.mock.calls).toEqual([
    [{ candidate: found[0], sdpMLineIndex: 0 }],
    [{ candidate: found[1], sdpMLineIndex: 1 }],
  ]);
});

it("goes on after a description that can't be set", async () => {
  const negotiation = create(true);
  vi.spyOn(connection, "setRemoteDescription").mockRejectedValueOnce(new TypeError("no such description"));
  const broken = negotiation.receive(offer(1));
  void negotiation.receive(offer(2));
  await expect(Promise.all([broken, tick()])).rejects.toThrow("no such description");
  await tick();
  expect(said).toEqual(["answer 2"]);
});

it("sends no offer that was rolled back before it was sent", async () => {
  const negotiation = create(true);
  let goOn: (how: Reach) => void = () => undefined;
  reached = () => new Promise((resolve) => (goOn = resolve));
  void negotiation.receive(offer(1));
  await tick();
  void connection.onnegotiationneeded?.();
  await tick();
  void negotiation.receive(offer(2));
  await tick();
  reached = () => Promise.resolve("arrived");
  goOn("arrived");
  await tick();
  expect(said).toEqual(["answer 1", "answer 2"]);
});

const tooLarge = new SignalBrokerError("payload-too-large", "", { status: 413 });

it("rolls back an offer that is refused for good, once, and offers again after a change", async () => {
  create(false);
  reached = () => Promise.resolve(tooLarge);
  void connection.onnegotiationneeded?.();
  await tick(60_000);
  expect(said).toEqual(["offer 1"]);
  expect(refused).toEqual(["payload-too-large"]);
  expect(connection.done).toEqual(["offer", "rollback"]);
  expect(connection.signalingState).toBe("stable");

  // Browsers say so because of the rollback.
  void connection.onnegotiationneeded?.();
  await tick(60_000);
  expect(said).toEqual(["offer 1"]);

  reached = () => Promise.resolve("arrived");
  connection.addTrack({ id: "another" } as MediaStreamTrack);
  await tick(1000);
  expect(said).toEqual(["offer 1", "offer 2"]);
});

it("takes the other end's offer after its own was refused", async () => {
  const negotiation = create(false);
  reached = () => Promise.resolve(tooLarge);
  void connection.onnegotiationneeded?.();
  await tick();
  reached = () => Promise.resolve("arrived");
  void negotiation.receive(offer(1));
  await tick();
  expect(said).toEqual(["offer 1", "answer 1"]);
});

it("gives way if its offer is refused while the other end's is being taken", async () => {
  const negotiation = create(true);
  const { setRemoteDescription } = connection;
  vi.spyOn(connection, "setRemoteDescription").mockImplementation(async function (this: Connection, description) {
    // A large one takes its time, during which the state is the one before.
    await new Promise((taken) => setTimeout(taken, 50));
    await setRemoteDescription.call(connection, description);
  });
  let goOn: (how: Reach) => void = () => undefined;
  reached = () => new Promise((resolve) => (goOn = resolve));
  void connection.onnegotiationneeded?.();
  await tick();
  void negotiation.receive(offer(1));
  await tick(10);
  reached = () => Promise.resolve("arrived");
  goOn(tooLarge);
  await tick();
  expect(connection.done).toEqual(["offer", "remote offer", "answer"]);
  expect(said).toEqual(["offer 1", "answer 1"]);
});

it("goes on if an offer can't be rolled back", async () => {
  create(false);
  const { setLocalDescription } = connection;
  vi.spyOn(connection, "setLocalDescription").mockImplementation(async (description) => {
    if (description?.type === "rollback") {
      throw new DOMException("wrong state", "InvalidStateError");
    }
    await setLocalDescription.call(connection, description);
  });
  reached = () => Promise.resolve(tooLarge);
  void connection.onnegotiationneeded?.();
  await tick();
  reached = () => Promise.resolve("arrived");
  connection.onicecandidate?.({ candidate: { toJSON: () => ({ candidate: "a" }) } });
  await tick();
  expect(said).toEqual(["offer 1", "candidates"]);
});

it("sends large content as it is where it can't compress, and goes on if that is refused", async () => {
  vi.stubGlobal("CompressionStream", undefined);
  create(false);
  reached = () => Promise.resolve(tooLarge);
  vi.spyOn(connection, "setLocalDescription").mockImplementationOnce(() => {
    connection.signalingState = "have-local-offer";
    const large = { type: "offer", sdp: "x".repeat(60_000) };
    connection.localDescription = { ...large, toJSON: () => large };
    return Promise.resolve();
  });
  void connection.onnegotiationneeded?.();
  await tick();
  expect(refused).toEqual(["payload-too-large"]);
  reached = () => Promise.resolve("arrived");
  connection.onicecandidate?.({ candidate: { toJSON: () => ({ candidate: "a" }) } });
  await tick();
  expect(said).toEqual(["offer 1", "candidates"]);
});

it("reports a refused answer, and watches nothing if the call ends with it", async () => {
  const negotiation = create(true);
  reached = () => {
    negotiation.close();
    return Promise.resolve(tooLarge);
  };
  void negotiation.receive(offer(1));
  await tick(5000);
  expect(vi.getTimerCount()).toBe(0);

  connection = new Connection();
  const other = create(true);
  reached = () => Promise.resolve(tooLarge);
  void other.receive(offer(1));
  await tick(5000);
  expect(refused).toEqual(["payload-too-large answer"]);
});
