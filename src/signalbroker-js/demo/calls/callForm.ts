import { announce } from "../page/announcer";
import { byId, enable, handFocusOn } from "../page/dom";
import { userIdMistake } from "../signIn/userId";
import type { Wanted } from "./media";

/** The form that says whom to reach; calling begins here. */
export interface CallForm {
  /** Proposes a user, unless there is one. */
  suggest(userId: string): void;
  enable(enabled: boolean): void;
  /** The user to reach; undefined, and explained, when there is none or the name is wrong. */
  addressee(): string | undefined;
}

export function createCallForm(onCall: (userId: string, wanted: Wanted, since: number) => void): CallForm {
  const form = byId("call-form", HTMLFormElement);
  const to = byId("to", HTMLInputElement);
  const note = byId("call-note", HTMLElement);
  const video = byId("call-video", HTMLButtonElement);
  const text = byId("call-text", HTMLButtonElement);
  let enabled = true;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin({ audio: true, video: true }, event.timeStamp);
  });
  text.addEventListener("click", ({ timeStamp }) => begin({ audio: false, video: false }, timeStamp));
  to.addEventListener("input", () => say(""));

  return {
    suggest(userId) {
      to.value ||= userId;
    },
    enable(allowed) {
      enabled = allowed;
      enable(video, allowed);
      enable(text, allowed);
    },
    addressee,
  };

  function begin(wanted: Wanted, since: number): void {
    const userId = enabled ? addressee() : undefined;
    if (userId !== undefined) {
      onCall(userId, wanted, since);
      handFocusOn(form, byId("hang-up", HTMLButtonElement));
    }
  }

  function addressee(): string | undefined {
    const userId = to.value.trim();
    const mistake = userId === "" ? "Say whom you want to reach." : userIdMistake(userId);
    say(mistake ?? "");
    if (mistake !== undefined) {
      to.focus();
      announce(mistake);
      return undefined;
    }
    return userId;
  }

  function say(mistake: string): void {
    note.textContent = mistake;
    to.setAttribute("aria-invalid", String(mistake !== ""));
  }
}
