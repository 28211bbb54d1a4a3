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
    const sender = make("span", "message-from", senderOf(signal));
    const rest = [...tag(signal.type), clockTime(signal.sentAt)];
    const { from } = signal;
    if (from === undefined) {
      sender.title = "sent by an application with its service key";
      return make("div", "message-head", sender, ...rest);
    }
    sender.title = signal.fromSession ? `sent by session ${signal.fromSession}` : from;
    const reply = make("button", "quiet", "Reply");
    reply.type = "button";
    reply.setAttribute("aria-label", `Reply to ${from}`);
    reply.addEventListener("click", () => onReply(from));
    return make("div", "message-head", sender, ...rest, reply);
  }
}

const senderOf = ({ from, fromApplication = "" }: Signal): string => from ?? fromApplication;

function tag(type: string | undefined): HTMLElement[] {
  if (type === undefined) {
    return [];
  }
  const element = make("span", "tag", type);
  element.title = type;
  return [element];
}
