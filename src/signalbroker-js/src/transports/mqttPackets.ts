/** The packets of MQTT 3.1.1 (OASIS standard) that a listener needs, by the first four bits of each. */
export const packetTypes = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  subscribe: 8,
  suback: 9,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

/** Hears of a packet: its type, its four flags, and what follows its length. */
export type OnPacket = (type: number, body: Uint8Array, flags: number) => void;

/** The longest that a remaining length can be, in bytes. */
const longestLength = 4;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Writes a packet: one byte for its type and flags, its remaining length (section 2.2.3), and its parts. */
export function writePacket(type: number, flags = 0, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [(type << 4) | flags];
  let rest = length;
  do {
    head.push((rest % 128) | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return join([Uint8Array.from(head), ...parts]);
}

/** Writes a number of two bytes, the high one first. */
export function writeNumber(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

/** Writes a text with its length before it (section 1.5.3); it has at most 65,535 bytes. */
export function writeText(text: string): Uint8Array {
  const bytes = encoder.encode(text);
  return join([writeNumber(bytes.length), bytes]);
}

/** Writes a text as it is, as a payload. */
export function writePayload(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Reads what a PUBLISH brings; a packet id stands between topic and payload unless it comes at QoS 0. */
export function readPublish(body: Uint8Array, flags: number): { topic: string; payload: string } {
  const end = 2 + numberAt(body, 0);
  const start = end + ((flags & 0b0110) === 0 ? 0 : 2);
  return { topic: decoder.decode(body.subarray(2, end)), payload: decoder.decode(body.subarray(start)) };
}

/** A number of two bytes; 0 where there is none. */
export function numberAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function join(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Cuts what a WebSocket brings into packets, which begin and end anywhere in its messages.
 * @returns what takes the next message
 * @throws RangeError, from what it returns, when a remaining length never ends
 */
export function createPacketReader(onPacket: OnPacket): (bytes: Uint8Array) => void {
  let pieces: Uint8Array[] = [];
  let kept = 0;
  /** How many bytes there must be before it is worth looking. */
  let wanted = 2;

  return (bytes) => {
    pieces.push(bytes);
    kept += bytes.length;
    if (kept < wanted) {
      return;
    }
    let rest = pieces.length === 1 ? bytes : join(pieces);
    for (;;) {
      const { start, end } = measure(rest);
      wanted = end;
      if (rest.length < end) {
        break;
      }
      const first = rest[0] ?? 0;
      onPacket(first >> 4, rest.subarray(start, end), first & 15);
      rest = rest.subarray(end);
    }
    pieces = [rest];
    kept = rest.length;
  };
}

/** Where the body of the first packet starts and ends; while its length is not all there, one byte more is wanted. */
function measure(bytes: Uint8Array): { start: number; end: number } {
  let length = 0;
  for (let at = 1; at <= longestLength; at++) {
    const digit = bytes[at];
    if (digit === undefined) {
      return { start: at, end: Math.max(2, bytes.length + 1) };
    }
    length += (digit & 127) * 128 ** (at - 1);
    if (digit < 128) {
      return { start: at + 1, end: at + 1 + length };
    }
  }
  throw new RangeError("A remaining length has more than four bytes.");
}
