import { isObject, numberOf, parseJson } from "../base/json.js";
import type { InboxStorage } from "./options.js";

/** What a device remembers of its user's inbox. */
export interface Remembered {
  /** Everything up to this sequence was handled; undefined when nothing is known. */
  last: number | undefined;
  /** The sequences and ids of handled signals that may come again, as their settling was not confirmed. */
  handled: Map<number, string>;
}

/** Reads what was remembered under a name. */
export function recall(storage: InboxStorage | undefined, name: string): Remembered {
  const json = parseJson(attempt(() => storage?.getItem(name)) ?? "");
  const handled = new Map<number, string>();
  if (!isObject(json)) {
    return { last: undefined, handled };
  }
  for (const pair of Array.isArray(json["handled"]) ? (json["handled"] as unknown[]) : []) {
    const [sequence, id] = Array.isArray(pair) ? (pair as unknown[]) : [];
    if (typeof sequence === "number" && typeof id === "string") {
      handled.set(sequence, id);
    }
  }
  return { last: numberOf(json, "last"), handled };
}

/** Remembers, as far as the storage has room. */
export function remember(storage: InboxStorage | undefined, name: string, { last, handled }: Remembered): void {
  attempt(() => storage?.setItem(name, JSON.stringify({ last, handled: [...handled] })));
}

/** A storage may be full or forbidden; then only this page knows what it would have kept. */
function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch {
    return undefined;
  }
}
