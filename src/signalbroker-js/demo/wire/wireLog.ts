import { byId, clockTime, make } from "../page/dom";
import { maskSecrets } from "./mask";
import type { Way, Wire } from "./wire";

const keptEntries = 200;
const shownCharacters = 2000;

/** The list of what went over the wire, oldest first; it follows the newest entry unless the reader scrolled up. */
export function createWireLog(): Wire {
  const box = byId("wire-box", HTMLElement);
  const list = byId("wire-log", HTMLOListElement);
  const beats: Record<Way, number> = { in: 0, out: 0 };

  let following = true;
  box.addEventListener("scroll", () => {
    following = box.scrollHeight - box.scrollTop - box.clientHeight < 24;
  });
  byId("wire-clear", HTMLButtonElement).addEventListener("click", () => list.replaceChildren());

  return {
    record({ channel, way, text }) {
      const [title = "", ...rest] = shorten(maskSecrets(text)).split("\n");
      const entry = make(
        "li",
        `wire-entry ${way}`,
        make("span", "wire-way", way === "out" ? "↑" : "↓"),
        make("span", "wire-channel", channel),
        make("span", "wire-title", title),
        clockTime(new Date()),
        make("pre", "wire-text", rest.join("\n").trim()),
      );
      entry.dataset["channel"] = channel;
      entry.dataset["way"] = way;
      list.append(entry);
      if (list.childElementCount > keptEntries) {
        list.firstElementChild?.remove();
      }
      if (following) {
        box.scrollTop = box.scrollHeight;
      }
    },
    heartbeat(way) {
      beats[way]++;
      byId("heartbeats", HTMLElement).textContent = `♥ ↑ ${beats.out} ↓ ${beats.in}`;
    },
  };
}

function shorten(text: string): string {
  const rest = text.length - shownCharacters;
  return rest > 0 ? `${text.slice(0, shownCharacters)}… (${rest} more characters)` : text;
}
