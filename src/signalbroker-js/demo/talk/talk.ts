import type { Call } from "../../src/index";
import { announce } from "../page/announcer";
import { byId, enable, handFocusOn } from "../page/dom";
import { fileLabel, largestFile, readAbout, receiveFile, sendFile } from "./files";
import { createTranscript, sizeWords } from "./transcript";

/** What two people write and send each other during a call. */
export interface Talk {
  begin(call: Call): void;
  /** The call is over; what was said stays. */
  end(): void;
  notice(text: string): void;
  clear(): void;
}

export function createTalk(): Talk {
  const transcript = createTranscript();
  const section = byId("talk", HTMLElement);
  const form = byId("chat-form", HTMLFormElement);
  const text = byId("chat-text", HTMLInputElement);
  const picker = byId("file", HTMLInputElement);
  let call: Call | undefined;
  let channel: RTCDataChannel | undefined;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (channel?.readyState === "open" && text.value !== "") {
      channel.send(text.value);
      transcript.say("mine", text.value);
      text.value = "";
    }
  });
  byId("attach", HTMLButtonElement).addEventListener("click", () => {
    if (channel) {
      picker.click();
    }
  });
  picker.addEventListener("change", () => {
    for (const file of picker.files ?? []) {
      void send(file);
    }
    picker.value = "";
  });

  return {
    begin(next) {
      call = next;
      section.hidden = false;
      next.onChannel((opened) => {
        if (opened.label === fileLabel) {
          void receive(next, opened);
        }
      });
      next.channel("chat").then(
        (opened) => use(next, opened),
        () => undefined,
      );
    },
    end() {
      call = channel = undefined;
      handFocusOn(form, byId("to", HTMLInputElement));
      form.hidden = true;
      section.hidden = byId("chat", HTMLElement).childElementCount === 0;
    },
    notice: transcript.notice,
    clear() {
      transcript.clear();
      section.hidden = true;
      form.hidden = false;
      enableForm(false);
    },
  };

  function use(mine: Call, opened: RTCDataChannel): void {
    if (call === mine) {
      channel = opened;
      opened.onmessage = ({ data }) => transcript.say("theirs", String(data));
      enableForm(true);
    }
  }

  function enableForm(enabled: boolean): void {
    enable(byId("chat-send", HTMLButtonElement), enabled);
    enable(byId("attach", HTMLButtonElement), enabled);
  }

  async function send(file: File): Promise<void> {
    if (!call) {
      return;
    }
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
      entry.failed(error instanceof Error ? error.message : String(error));
    }
  }

  async function receive(mine: Call, opened: RTCDataChannel): Promise<void> {
    const about = readAbout(opened);
    if (!about) {
      opened.close();
      return;
    }
    const entry = transcript.addFile("theirs", about);
    try {
      const file = await receiveFile(mine, opened, about, entry.progress);
      entry.done("Whole: its SHA-256 agrees", file);
      announce(`${about.name} is here. You can download it.`);
    } catch (error) {
      entry.failed(error instanceof Error ? error.message : String(error));
    }
  }
}
