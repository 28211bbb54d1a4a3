import { announce } from "../page/announcer";
import { byId, enable, handFocusOn } from "../page/dom";
import { userIdMistake } from "../signIn/userId";
import type { Wanted } from "./media";

export interface CallFormActions {
  call(userId: string, wanted: Wanted, since: number): void;
  /** Another user is being typed, or was filled in. */
  typed(userId: string): void;
  /** Somebody is to be reached. */
  meet(userId: string): void;
}

/** The form that says whom to reach; calling begins here. */
export function createCallForm(actions: CallFormActions) {
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
  to.addEventListener("input", () => {
    say("");
    actions.typed(to.value.trim());
  });

  return {
    /** Proposes a user, unless there is one. */
    suggest: (userId: string): void => choose(to.value || userId),
    choose,
    enable(allowed: boolean): void {
      enabled = allowed;
      enable(video, allowed);
      enable(text, allowed);
    },
    recipient,
  };

  function begin(wanted: Wanted, since: number): void {
    const userId = enabled ? recipient() : undefined;
    if (userId !== undefined) {
      actions.call(userId, wanted, since);
      handFocusOn(form, byId("hang-up", HTMLButtonElement));
    }
  }

  /** Fills in a user. */
  function choose(userId: string): void {
    to.value = userId;
    say("");
    actions.typed(userId);
    actions.meet(userId);
  }

  /** The user to reach; undefined, and explained, when there is none or the name is wrong. */
  function recipient(): string | undefined {
    const userId = to.value.trim();
    const mistake = userId === "" ? "Say whom you want to reach." : userIdMistake(userId);
    say(mistake ?? "");
    if (mistake !== undefined) {
      to.focus();
      announce(mistake);
      return undefined;
    }
    actions.meet(userId);
    return userId;
  }

  function say(mistake: string): void {
    note.textContent = mistake;
    to.setAttribute("aria-invalid", String(mistake !== ""));
  }
}
