import type { Call } from "../../src/index";
import { announce } from "../page/announcer";
import { largestFile, readAbout, receiveFile, sendFile } from "./files";
import { sizeWords, type Transcript } from "./transcript";

/** Sends a file, and shows how far it has come. */
export async function offerFile(call: Call, file: File, transcript: Transcript): Promise<void> {
  if (file.size > largestFile) {
    transcript.notice(`${file.name} is too large: this page takes files of up to ${sizeWords(largestFile)}.`);
    return;
  }
  const entry = transcript.addFile("mine", file);
  try {
    const agrees = await sendFile(call, file, entry.progress);
    if (agrees) {
      entry.done("Arrived whole");
      announce(`${file.name} has arrived.`);
    } else {
      entry.failed("Something else arrived");
    }
  } catch (error) {
    entry.failed(wordsOf(error));
  }
}

/** Receives a file, and shows how far it has come. */
export async function takeFile(call: Call, channel: RTCDataChannel, transcript: Transcript): Promise<void> {
  const about = readAbout(channel);
  if (!about) {
    channel.close();
    return;
  }
  const entry = transcript.addFile("theirs", about);
  try {
    const file = await receiveFile(call, channel, about, entry.progress);
    entry.done("Whole: its SHA-256 agrees", file);
    announce(`${about.name} is here. You can download it.`);
  } catch (error) {
    entry.failed(wordsOf(error));
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
