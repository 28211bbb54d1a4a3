import type { Signal } from "../../src/index";
import { announce } from "../page/announcer";
import { showContent } from "./content";
import { byId, clockTime, make } from "../page/dom";

const keptMessages = 200;

/** What has come while this page was open, newest first. */
export interface ReceivedList {
  add(signal: Signal): void;
  /** Somebody has called in vain; `about` says what for. */
  addMissedCall(from: string, about: string): void;
}

export interface ReceivedListActions {
  reply(to: string): void;
  callBack(userId: string): void;
}

export function createReceivedList({ reply, callBack }: ReceivedListActions): ReceivedList {
  const list = byId("received", HTMLUListElement);
  const counts = [byId("received-count", HTMLElement), byId("received-count-tab", HTMLElement)];
  let total = 0;

  return {
    add(signal) {
      const content = showContent(signal.content);
      const look = typeof signal.content === "string" ? "message-content" : "message-content code";
      add("message", senderOf(signal), make("li", "message", header(signal), make("pre", look, content)));
      announce(`Message from ${senderOf(signal)}: ${content.slice(0, 200)}`);
    },
    addMissedCall(from, about) {
      const head = make("div", "message-head", name(from), clockTime(new Date()), button("Call back", "Call back", from, callBack));
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
    const { from, fromSession } = signal;
    const title = fromSession ? `sent by session ${fromSession}` : senderOf(signal);
    const answer = from === undefined ? [] : [button("Reply", "Reply to", from, reply)];
    return make("div", "message-head", name(senderOf(signal), title), ...tag(signal.type), ...kept(signal), clockTime(signal.sentAt), ...answer);
  }
}

function name(from: string, title = from): HTMLElement {
  const element = make("span", "message-from", from);
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

function kept({ sequence }: Signal): HTMLElement[] {
  if (sequence === undefined) {
    return [];
  }
  const element = make("span", "tag", "kept");
  element.title = `Signal ${sequence} that the server has kept for you`;
  return [element];
}

function tag(type: string | undefined): HTMLElement[] {
  if (type === undefined) {
    return [];
  }
  const element = make("span", "tag", type);
  element.title = type;
  return [element];
}
