import type { Signal } from "../../src/index";
import { announce } from "../page/announcer";
import { showContent } from "./content";
import { byId, clockTime, make } from "../page/dom";

const keptMessages = 200;

/** Makes the list of received messages, newest first, and returns how to add one. */
export function createReceivedList(onReply: (to: string) => void): (signal: Signal) => void {
  const list = byId("received", HTMLUListElement);
  const count = byId("received-count", HTMLElement);
  let total = 0;

  return (signal) => {
    const content = showContent(signal.content);
    const look = typeof signal.content === "string" ? "message-content" : "message-content code";
    const item = make("li", "message", header(signal), make("pre", look, content));
    item.dataset["testid"] = "message";
    item.dataset["from"] = senderOf(signal);
    list.prepend(item);
    if (list.childElementCount > keptMessages) {
      list.lastElementChild?.remove();
    }
    total++;
    count.textContent = String(total);
    announce(`Message from ${senderOf(signal)}: ${content.slice(0, 200)}`);
  };

  function header(signal: Signal): HTMLElement {
    const from = make("span", "message-from", senderOf(signal));
    from.title = signal.fromSession ? `sent by session ${signal.fromSession}` : senderOf(signal);
    return make("div", "message-head", from, ...tag(signal.type), ...kept(signal), clockTime(signal.sentAt), ...reply(signal.from));
  }

  function reply(to: string | undefined): HTMLElement[] {
    if (to === undefined) {
      return [];
    }
    const button = make("button", "quiet", "Reply");
    button.type = "button";
    button.setAttribute("aria-label", `Reply to ${to}`);
    button.addEventListener("click", () => onReply(to));
    return [button];
  }
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
