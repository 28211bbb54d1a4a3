import { objectOf, parseJson } from "../base/json.js";
import { readNegotiate, type Negotiate } from "./content.js";

/** What is larger is compressed: a request has at most 64 KiB, some of which the proof and the addresses need. */
const plainBytes = 48 * 1024;

/** Descriptions of a thousand tracks are smaller; no few bytes may fill this end's memory. */
const unpackedLength = 8 * 1024 * 1024;

/** Makes it small enough for a signal, if possible: descriptions shrink to a twentieth. */
export async function pack(content: Negotiate): Promise<Negotiate> {
  const bytes = new TextEncoder().encode(JSON.stringify(content));
  if (bytes.length <= plainBytes) {
    return content;
  }
  try {
    const packed = new Response(new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw")));
    return { kind: "negotiate", packed: btoa(binary(new Uint8Array(await packed.arrayBuffer()))) };
  } catch {
    // This browser can't compress; the webapp says whether it is too large.
    return content;
  }
}

/** What a signal holds; nothing if it is broken. */
export async function unpack(content: Negotiate): Promise<Negotiate> {
  if (content.packed === undefined) {
    return content;
  }
  let text = "";
  try {
    const bytes = Uint8Array.from(atob(content.packed), (character) => character.charCodeAt(0));
    const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = unpacked.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done && text.length <= unpackedLength; piece = await reader.read()) {
      text += piece.value;
    }
    void reader.cancel();
  } catch {
    text = "";
  }
  return readNegotiate(objectOf(text.length > unpackedLength ? undefined : parseJson(text)));
}

/** A character for each byte, as `btoa` takes them. */
function binary(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
