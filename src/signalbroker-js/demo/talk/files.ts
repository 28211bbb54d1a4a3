import type { Call } from "../../src/index";
import { sha256 } from "../../src/calls/sha256";

/** The label of the channels that carry files: one channel for each, which says in its protocol what is coming. */
export const fileLabel = "file";

/** The receiver holds a file in memory, so there is a bound. */
export const largestFile = 200 * 1024 * 1024;

/** What is said of a file before it comes. */
export interface FileAbout {
  name: string;
  size: number;
}

/** Hears how many bytes have gone over. */
export type OnProgress = (bytes: number) => void;

const chunkBytes = 64 * 1024;
const sliceBytes = 1024 * 1024;

/**
 * Sends a file over a channel of its own: its bytes in chunks, then their hash as text. The receiver answers with the
 * hash of what it got.
 * @returns whether the hashes agree
 */
export async function sendFile(call: Call, file: File, onProgress: OnProgress): Promise<boolean> {
  const about: FileAbout = { name: file.name, size: file.size };
  const channel = await call.openChannel(fileLabel, { protocol: JSON.stringify(about) });
  channel.binaryType = "arraybuffer";
  channel.bufferedAmountLowThreshold = sliceBytes / 2;
  const answer = new Promise<string>((resolve, reject) => {
    channel.onmessage = ({ data }) => resolve(String(data));
    breakOff(call, channel, reject);
  });
  answer.catch(() => undefined);
  const hash = hashOf(file);

  try {
    for (let sent = 0; sent < file.size; ) {
      const slice = await file.slice(sent, sent + sliceBytes).arrayBuffer();
      for (let at = 0; at < slice.byteLength; at += chunkBytes) {
        channel.send(slice.slice(at, at + chunkBytes));
      }
      sent += slice.byteLength;
      onProgress(sent - channel.bufferedAmount);
      await drained(channel, answer);
    }
    channel.send(await hash);
    const agrees = (await answer) === (await hash);
    onProgress(file.size);
    return agrees;
  } finally {
    channel.close();
  }
}

/** What a channel brings; undefined when it is no file, or too large. */
export function readAbout(channel: RTCDataChannel): FileAbout | undefined {
  try {
    const { name, size } = JSON.parse(channel.protocol) as Partial<FileAbout>;
    const fits = typeof size === "number" && size >= 0 && size <= largestFile;
    return typeof name === "string" && fits ? { name: name.slice(0, 255), size } : undefined;
  } catch {
    return undefined;
  }
}

/** Receives a file. @throws Error with a sentence when it breaks off or is not what was sent. */
export function receiveFile(
  call: Call,
  channel: RTCDataChannel,
  { size }: FileAbout,
  onProgress: OnProgress,
): Promise<Blob> {
  const chunks: ArrayBuffer[] = [];
  let received = 0;
  channel.binaryType = "arraybuffer";

  return new Promise((resolve, reject) => {
    breakOff(call, channel, reject);
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") {
        finish(data).then(resolve, reject);
        return;
      }
      received += data.byteLength;
      if (received > size) {
        channel.close();
        reject(new Error("More came than was announced."));
        return;
      }
      chunks.push(data);
      onProgress(received);
    };
  });

  async function finish(sentHash: string): Promise<Blob> {
    // Never the sender's type: opened in this page's origin, HTML could do whatever the page can.
    const file = new Blob(chunks, { type: "application/octet-stream" });
    const hash = await hashOf(file);
    channel.send(hash);
    if (hash !== sentHash || received !== size) {
      throw new Error("What came is not what was sent.");
    }
    return file;
  }
}

/** Fails a file when its channel closes, or the call ends: of which browsers need not tell the channel. */
function breakOff(call: Call, channel: RTCDataChannel, reject: (error: Error) => void): void {
  const fail = (): void => reject(new Error("The call ended before the file was over."));
  channel.onclose = fail;
  void call.ended.then(fail);
}

/** The file's SHA-256 in hexadecimal digits. */
async function hashOf(file: Blob): Promise<string> {
  const bytes = await file.arrayBuffer();
  // Browsers keep theirs from pages without TLS.
  const hash = isSecureContext
    ? new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
    : sha256(new Uint8Array(bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Waits until the channel takes more; fails when it closes. */
async function drained(channel: RTCDataChannel, closed: Promise<unknown>): Promise<void> {
  if (channel.bufferedAmount > channel.bufferedAmountLowThreshold) {
    const low = new Promise((resolve) => channel.addEventListener("bufferedamountlow", resolve, { once: true }));
    await Promise.race([low, closed]);
  }
}
