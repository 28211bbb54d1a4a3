import type { Call } from "../../src/index";
import { byId, enable, handFocusOn } from "../page/dom";
import { fileLabel } from "./files";
import { createTranscript } from "./transcript";
import { offerFile, takeFile } from "./transfers";

/** What two people write and send each other during a call. */
export function createTalk() {
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
    for (const file of (call && picker.files) ?? []) {
      void offerFile(call as Call, file, transcript);
    }
    picker.value = "";
  });

  return {
    begin(next: Call): void {
      call = next;
      section.hidden = false;
      next.onChannel((opened) => {
        if (opened.label === fileLabel) {
          void takeFile(next, opened, transcript);
        }
      });
      next.channel("chat").then(
        (opened) => use(next, opened),
        () => undefined,
      );
    },
    /** The call is over; what was said stays. */
    end(): void {
      call = channel = undefined;
      handFocusOn(form, byId("to", HTMLInputElement));
      form.hidden = true;
      section.hidden = byId("chat", HTMLElement).childElementCount === 0;
    },
    notice: transcript.notice,
    clear(): void {
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
}

export type Talk = ReturnType<typeof createTalk>;
