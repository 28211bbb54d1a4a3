import { byId, clockTime, make } from "../page/dom";
import type { FileAbout } from "./files";

/** Whose line it is. */
export type Side = "mine" | "theirs";

/** A file in the transcript. */
export interface FileEntry {
  progress(bytes: number): void;
  /** It is over; `download` is the file that was received. */
  done(words: string, download?: Blob): void;
  failed(words: string): void;
}

/** What was said and sent in a call. */
export interface Transcript {
  say(side: Side, text: string): void;
  notice(text: string): void;
  addFile(side: Side, about: FileAbout): FileEntry;
  clear(): void;
}

export function createTranscript(): Transcript {
  const list = byId("chat", HTMLElement);
  let downloads: string[] = [];

  return {
    say(side, text) {
      add(make("li", `line ${side}`, make("p", "bubble", text), clockTime(new Date())));
    },
    notice: (text) => add(make("li", "line notice", text)),
    addFile(side, about) {
      const bar = make("progress", "");
      const status = make("span", "file-status", side === "mine" ? "Sending …" : "Receiving …");
      const name = make("b", "file-name", about.name);
      const head = make("div", "file-head", name, make("span", "file-size", sizeWords(about.size)));
      const box = make("div", "bubble file", head, bar, status);
      bar.max = Math.max(1, about.size);
      bar.value = 0;
      bar.setAttribute("aria-label", `${side === "mine" ? "Sending" : "Receiving"} ${about.name}`);
      const item = make("li", `line ${side}`, box, clockTime(new Date()));
      item.dataset["testid"] = "file";
      item.dataset["state"] = "under-way";
      add(item);

      return {
        progress(bytes) {
          bar.value = bytes;
          status.textContent = `${Math.floor((100 * bytes) / bar.max)} %`;
        },
        done(words, download) {
          item.dataset["state"] = "done";
          bar.remove();
          status.textContent = words;
          if (download) {
            box.append(downloadLink(about.name, download));
          }
        },
        failed(words) {
          item.dataset["state"] = "failed";
          bar.remove();
          status.textContent = words;
          status.classList.add("bad");
        },
      };
    },
    clear() {
      list.replaceChildren();
      downloads.forEach((address) => URL.revokeObjectURL(address));
      downloads = [];
    },
  };

  function downloadLink(name: string, file: Blob): HTMLAnchorElement {
    const address = URL.createObjectURL(file);
    downloads.push(address);
    const link = make("a", "button quiet", "Download");
    link.href = address;
    link.download = name;
    link.setAttribute("aria-label", `Download ${name}`);
    return link;
  }

  function add(item: HTMLLIElement): void {
    list.append(item);
    const box = byId("chat-box", HTMLElement);
    box.scrollTop = box.scrollHeight;
  }
}

/** A size for people. */
export function sizeWords(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} B`;
  }
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(0)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
