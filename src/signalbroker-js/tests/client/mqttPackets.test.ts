import { expect, it } from "vitest";
import {
  createPacketReader,
  join,
  packetTypes,
  readPublish,
  writeNumber,
  writePacket,
  writePayload,
  writeText,
} from "../../src/transports/mqttPackets";

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
const publish = (payload: string): Uint8Array => writePacket(packetTypes.publish, 0, writeText("t"), writePayload(payload));

/** The payloads of what is read, in pieces of this size. */
function payloadsOf(stream: Uint8Array, size: number): string[] {
  const read: string[] = [];
  const take = createPacketReader((_, body, flags) => read.push(readPublish(body, flags).payload));
  for (let at = 0; at < stream.length; at += size) {
    take(stream.subarray(at, at + size));
  }
  return read;
}

it("writes packets as the standard shows them", () => {
  expect(hex(writePacket(packetTypes.pingreq))).toBe("c0 00");
  expect(hex(writeText("A\u{2A6D4}"))).toBe("00 05 41 f0 aa 9b 94");
  const parts = [writeNumber(10), writeText("a/b"), Uint8Array.of(0)];
  expect(hex(writePacket(packetTypes.subscribe, 2, ...parts))).toBe("82 08 00 0a 00 03 61 2f 62 00");
});

it.each([
  [0, "00"],
  [127, "7f"],
  [128, "80 01"],
  [16_383, "ff 7f"],
  [16_384, "80 80 01"],
  [2_097_151, "ff ff 7f"],
  [2_097_152, "80 80 80 01"],
])("writes and reads a remaining length of %i", (length, written) => {
  const packet = writePacket(packetTypes.publish, 0, new Uint8Array(length));
  const digits = written.split(" ").length;
  expect(hex(packet.subarray(1, 1 + digits))).toBe(written);
  const lengths: number[] = [];
  createPacketReader((_, body) => lengths.push(body.length))(packet);
  expect(lengths).toEqual([length]);
});

it("reads packets wherever the network splits them, and several at once", () => {
  const texts = ["", "hello", "grüße 🦊", "x".repeat(130)];
  const stream = join(texts.map(publish));
  for (let size = 1; size <= stream.length; size++) {
    expect(payloadsOf(stream, size)).toEqual(texts);
  }
});

it("reads a packet that comes in many pieces", () => {
  const text = "é".repeat(40_000);
  expect(payloadsOf(join([publish(text), publish("next")]), 1000)).toEqual([text, "next"]);
});

it("tells types and flags, and passes over the packet id of what does not come at QoS 0", () => {
  const read: unknown[] = [];
  const take = createPacketReader((type, body, flags) => read.push([type, flags, body.length]));
  take(join([writePacket(packetTypes.pingresp), writePacket(packetTypes.puback, 0, writeNumber(7))]));
  expect(read).toEqual([
    [13, 0, 0],
    [4, 0, 2],
  ]);
  const body = join([writeText("topic"), writeNumber(7), writePayload("hello")]);
  expect(readPublish(body, 0b0010)).toEqual({ topic: "topic", payload: "hello" });
});

it("refuses a remaining length that never ends", () => {
  const take = createPacketReader(() => undefined);
  take(Uint8Array.of(0x30, 0xff, 0xff, 0xff));
  expect(() => take(Uint8Array.of(0xff))).toThrow(RangeError);
});
