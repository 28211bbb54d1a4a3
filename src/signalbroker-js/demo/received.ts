import { announce } from "./announcer";
import { showContent } from "./content";
import { byId, clockTime, make } from "./dom";
import type { Envelope } from "./envelope";

const keptMessages = 200;

/** Makes the list of received messages, newest first, and returns how to add one. */
export function createReceivedList(onReply: (to: string) => void): (envelope: Envelope) => void {
  const list = byId("received", HTMLUListElement);
  const count = byId("received-count", HTMLElement);
  let total = 0;

  return (envelope) => {
    const content = showContent(envelope.content);
    const look = typeof envelope.content === "string" ? "message-content" : "message-content code";
    const item = make("li", "message", header(envelope), make("pre", look, content));
    item.dataset["testid"] = "message";
    item.dataset["from"] = envelope.from;
    list.prepend(item);
    if (list.childElementCount > keptMessages) {
      list.lastElementChild?.remove();
    }
    total++;
    count.textContent = String(total);
    announce(`Message from ${envelope.from}: ${content.slice(0, 200)}`);
  };

  function header(envelope: Envelope): HTMLElement {
    const from = make("span", "message-from", envelope.from);
    from.title = envelope.fromSession ? `sent by session ${envelope.fromSession}` : envelope.from;
    const reply = make("button", "quiet", "Reply");
    reply.type = "button";
    reply.setAttribute("aria-label", `Reply to ${envelope.from}`);
    reply.addEventListener("click", () => onReply(envelope.from));
    return make("div", "message-head", from, ...tag(envelope.type), clockTime(envelope.sentAt), reply);
  }
}

function tag(type: string | undefined): HTMLElement[] {
  if (type === undefined) {
    return [];
  }
  const element = make("span", "tag", type);
  element.title = type;
  return [element];
}
