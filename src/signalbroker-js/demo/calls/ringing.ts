import type { IncomingCall } from "../../src/index";
import { alertNow } from "../page/announcer";
import { byId, handFocusOn } from "../page/dom";

/** The banner of a call that rings here. */
export interface Ringing {
  /** Shows who calls; whom it showed before, hears that this person is busy. */
  show(incoming: IncomingCall): void;
  /** This person calls somebody: another who rings hears that they are busy. */
  callsElsewhere(userId: string): void;
}

/** @param onAccept the person answers; the stage takes over */
export function createRinging(onAccept: (incoming: IncomingCall) => void): Ringing {
  const banner = byId("ringing", HTMLElement);
  const title = document.title;
  let current: IncomingCall | undefined;

  byId("accept", HTMLButtonElement).addEventListener("click", () => {
    const accepted = current;
    if (accepted) {
      hide(accepted, byId("hang-up", HTMLButtonElement), () => onAccept(accepted));
    }
  });
  byId("decline", HTMLButtonElement).addEventListener("click", () => current?.decline());

  return {
    show(incoming) {
      const earlier = current;
      current = incoming;
      earlier?.busy();
      byId("ringing-from", HTMLElement).textContent = incoming.from;
      byId("ringing-initial", HTMLElement).textContent = incoming.from.slice(0, 1).toUpperCase();
      byId("ringing-about", HTMLElement).textContent = about(incoming);
      banner.hidden = false;
      document.title = `☎ ${incoming.from} calls`;
      alertNow(`${incoming.from} calls: ${about(incoming)}. Accept or decline.`);
      void incoming.ended.then(() => hide(incoming, byId("to", HTMLInputElement)));
    },
    callsElsewhere(userId) {
      if (current?.from !== userId) {
        current?.busy();
      }
    },
  };

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

function about({ media: { audio, video } }: IncomingCall): string {
  return video ? "video call" : audio ? "voice call" : "text and files";
}
