import { expect, it } from "vitest";
import { readCallContent, type Negotiate } from "../../src/calls/content";
import { pack, unpack } from "../../src/calls/packing";

const line = "a=extmap:1 urn:ietf:params:rtp-hdrext:toffset\r\n";
const offer = (sdp: string): Negotiate => ({
  kind: "negotiate",
  offer: 3,
  description: { type: "offer", sdp },
  candidates: [{ candidate: "candidate:1", sdpMid: "0" }],
  packed: undefined,
});

it("leaves small content as it is, at both ends", async () => {
  const small = offer(line);
  expect(await pack(small)).toBe(small);
  expect(await unpack(small)).toBe(small);
});

it("compresses large content to a fraction of its size", async () => {
  const large = offer(line.repeat(20_000) + "a=msid:Zoë 📷\r\n");
  const packed = await pack(large);
  expect(Object.keys(packed)).toEqual(["kind", "packed"]);
  expect(JSON.stringify(packed).length).toBeLessThan(20_000);

  const received = readCallContent(JSON.parse(JSON.stringify({ call: "c", ...packed })));
  expect(await unpack(received as Negotiate)).toEqual(large);
});

async function deflate(text: string): Promise<string> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

it.each([
  ["no base64", "%"],
  ["not compressed", btoa("hello")],
  ["broken off", (await deflate(JSON.stringify(offer(line)))).slice(0, 40)],
  ["no JSON", await deflate("hello")],
  ["a bomb", await deflate(`{"offer":1}${" ".repeat(64 << 20)}`)],
])("reads nothing from content that is %s", async (_, packed) => {
  expect(await unpack({ kind: "negotiate", packed })).toEqual({ kind: "negotiate", candidates: [] });
});
