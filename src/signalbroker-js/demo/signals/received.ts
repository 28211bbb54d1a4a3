import type { Signal } from "../../src/index";
import { announce } from "../page/announcer";
import { showContent } from "./content";
import { byId, clockTime, make } from "../page/dom";

const keptMessages = 200;

export interface ReceivedListActions {
  reply(to: string): void;
  callBack(userId: string): void;
}

/** What has arrived while this page was open, newest first. */
export function createReceivedList({ reply, callBack }: ReceivedListActions) {
  const list = byId("received", HTMLUListElement);
  const counts = [byId("received-count", HTMLElement), byId("received-count-tab", HTMLElement)];
  let total = 0;

  return {
    add(signal: Signal): void {
      const content = showContent(signal.content);
      const look = typeof signal.content === "string" ? "message-content" : "message-content code";
      add("message", senderOf(signal), make("li", "message", header(signal), make("pre", look, content)));
      announce(`Message from ${senderOf(signal)}: ${content.slice(0, 200)}`);
    },
    /** Somebody has called in vain; `about` says what for. */
    addMissedCall(from: string, about: string): void {
      const answer = button("Call back", "Call back", from, callBack);
      const head = make("div", "message-head", name(from), clockTime(new Date()), answer);
      add("missed-call", from, make("li", "message", head, make("p", "bad", `Missed call: ${about}`)));
      announce(`You missed a call from ${from}: ${about}.`);
    },
  };

  function add(kind: string, from: string, item: HTMLElement): void {
    item.dataset["testid"] = kind;
    item.dataset["from"] = from;
    list.prepend(item);
    if (list.childElementCount > keptMessages) {
      list.lastElementChild?.remove();
    }
    total++;
    counts.forEach((count) => (count.textContent = String(total)));
  }

  function header(signal: Signal): HTMLElement {
    const { from, fromSession, type, sequence } = signal;
    const title = fromSession ? `sent by session ${fromSession}` : senderOf(signal);
    const head = make("div", "message-head", name(senderOf(signal), title));
    if (type !== undefined) {
      head.append(tag(type));
    }
    if (sequence !== undefined) {
      head.append(tag("kept", `Signal ${sequence} that the server has kept for you`));
    }
    head.append(clockTime(signal.sentAt));
    if (from !== undefined) {
      head.append(button("Reply", "Reply to", from, reply));
    }
    return head;
  }
}

function name(from: string, title = from): HTMLElement {
  const element = make("span", "message-from clipped", from);
  element.title = title;
  return element;
}

function button(text: string, label: string, userId: string, action: (userId: string) => void): HTMLElement {
  const element = make("button", "quiet", text);
  element.type = "button";
  element.setAttribute("aria-label", `${label} ${userId}`);
  element.addEventListener("click", () => action(userId));
  return element;
}

/** The user or the application that sent it. */
function senderOf({ from, fromApplication, fromMember, fromAlias }: Signal): string {
  if (from === undefined && fromMember !== undefined) {
    return fromAlias ?? fromMember;
  }
  return from ?? `the application ${fromApplication ?? "of the server"}`;
}

function tag(text: string, title = text): HTMLElement {
  const element = make("span", "tag clipped", text);
  element.title = title;
  return element;
}
