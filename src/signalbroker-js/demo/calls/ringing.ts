import type { IncomingCall } from "../../src/index";
import { alertNow } from "../page/announcer";
import { byId, createWriting, handFocusOn } from "../page/dom";

/** A key that was meant for something else must neither accept nor decline. */
const deafMs = 500;

/**
 * The banner of a call that rings here.
 * @param onAccept the person answers; the stage takes over
 */
export function createRinging(onAccept: (incoming: IncomingCall) => void) {
  const banner = byId("ringing", HTMLElement);
  const accept = byId("accept", HTMLButtonElement);
  const isWriting = createWriting();
  const title = document.title;
  let current: IncomingCall | undefined;
  let shownAt = 0;
  let focusedBefore: Element | null = null;

  banner.addEventListener(
    "click",
    (event) => {
      if (event.detail === 0 && event.timeStamp - shownAt < deafMs) {
        event.stopPropagation();
      }
    },
    { capture: true },
  );
  // Whoever moves about here knows where the keys go.
  banner.addEventListener("keydown", ({ key }) => {
    if (key === "Tab") {
      shownAt = -Infinity;
    }
  });
  accept.addEventListener("click", () => {
    const accepted = current;
    if (accepted) {
      hide(accepted, byId("hang-up", HTMLButtonElement), () => onAccept(accepted));
    }
  });
  byId("decline", HTMLButtonElement).addEventListener("click", () => current?.decline());

  return {
    get isShown(): boolean {
      return current !== undefined;
    },
    show(incoming: IncomingCall): void {
      current = incoming;
      byId("ringing-from", HTMLElement).textContent = incoming.from;
      byId("ringing-initial", HTMLElement).textContent = incoming.from.slice(0, 1).toUpperCase();
      byId("ringing-about", HTMLElement).textContent = about(incoming);
      banner.hidden = false;
      shownAt = performance.now();
      if (!isWriting() && !banner.contains(document.activeElement)) {
        focusedBefore = document.activeElement;
        accept.focus();
      }
      document.title = `☎ ${incoming.from} calls`;
      alertNow(`${incoming.from} calls: ${about(incoming)}. Accept or decline.`);
      void incoming.ended.then(() => hide(incoming, focusBefore()));
    },
    /** This person calls somebody: anybody else who rings hears that they are busy. */
    callsElsewhere(userId: string): void {
      if (current?.from !== userId) {
        current?.busy();
      }
    },
  };

  /** What had the focus before it rang, if that is still there. */
  function focusBefore(): HTMLElement {
    const isThere = focusedBefore?.checkVisibility() && focusedBefore !== document.body;
    return isThere ? (focusedBefore as HTMLElement) : byId("to", HTMLInputElement);
  }

  function hide(incoming: IncomingCall, next: HTMLElement, before: () => void = () => undefined): void {
    if (current === incoming) {
      current = undefined;
      before();
      handFocusOn(banner, next);
      banner.hidden = true;
      document.title = title;
      alertNow("");
    }
  }
}

/** What a call is for, in a word or two. */
export function about({ media: { audio, video } }: IncomingCall): string {
  return video ? "video call" : audio ? "voice call" : "text and files";
}
