import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Negotiate } from "../../src/calls/content";
import type { Reach } from "../../src/calls/line";
import { createNegotiation, type Negotiation } from "../../src/calls/negotiation";
import { Connection } from "./connection";

let connection: Connection;
let said: string[];
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
      said.push(`${content.description?.type ?? "candidates"} ${content.offer ?? ""}`.trim());
      return reached(content);
    },
    onFirstOffer: () => undefined,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  connection = new Connection();
  said = [];
  reached = () => Promise.resolve("arrived");
});

afterEach(() => void vi.useRealTimers());

it("answers an offer that comes twice at once, and makes none of its own", async () => {
  const negotiation = create(true);
  void negotiation.receive(offer(1));
  void negotiation.receive(offer(1));
  await tick();
  expect(connection.done).toEqual(["remote offer", "answer"]);
  expect(connection.signalingState).toBe("stable");
  expect(new Set(said)).toEqual(new Set(["answer 1"]));
});

it("says the answer again, and takes nothing back, when an offer comes again", async () => {
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

it("takes the candidates of an offer that comes again", async () => {
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

it("takes what comes after something that can't be taken", async () => {
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
