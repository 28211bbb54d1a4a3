import { byId, clockTime, make } from "../page/dom";
import type { FileAbout } from "./files";

/** Whose line it is. */
export type Side = "mine" | "theirs";

/** What was said and sent in a call. */
export function createTranscript() {
  const list = byId("chat", HTMLElement);
  let downloads: string[] = [];

  return {
    say(side: Side, text: string): void {
      add(make("li", `line ${side}`, make("p", "bubble", text), clockTime(new Date())));
    },
    notice: (text: string): void => add(make("li", "line notice note", text)),
    addFile(side: Side, about: FileAbout) {
      const bar = make("progress");
      const doing = side === "mine" ? "Sending" : "Receiving";
      const status = make("span", "small", `${doing} …`);
      const name = make("b", "file-name", about.name);
      const head = make("div", "file-head", name, make("span", "small", sizeWords(about.size)));
      const box = make("div", "bubble file", head, bar, status);
      bar.max = Math.max(1, about.size);
      bar.value = 0;
      bar.setAttribute("aria-label", `${doing} ${about.name}`);
      const item = make("li", `line ${side}`, box, clockTime(new Date()));
      item.dataset["testid"] = "file";
      item.dataset["state"] = "under-way";
      add(item);

      return {
        progress(bytes: number): void {
          bar.value = bytes;
          status.textContent = `${Math.floor((100 * bytes) / bar.max)} %`;
        },
        /** It is over; `download` is the file that was received. */
        done(words: string, download?: Blob): void {
          end("done", words);
          if (download) {
            box.append(downloadLink(about.name, download));
          }
        },
        failed(words: string): void {
          end("failed", words);
          status.classList.add("bad");
        },
      };

      function end(state: "done" | "failed", words: string): void {
        item.dataset["state"] = state;
        bar.remove();
        status.textContent = words;
      }
    },
    clear(): void {
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

export type Transcript = ReturnType<typeof createTranscript>;

/** A size for people. */
export function sizeWords(bytes: number): string {
  if (bytes < 1024) {
    return `${bytes} B`;
  }
  const kib = bytes / 1024;
  return kib < 1024 ? `${kib.toFixed(0)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
