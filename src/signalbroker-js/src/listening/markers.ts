import { deferred } from "../base/deferred.js";
import { numberOf, textOf, type JsonObject } from "../base/json.js";
import { pause } from "../base/timers.js";

/** How long the others may take once one webapp has said it. */
const othersWithinMs = 2000;

/** Each webapp says once, through the old socket, that it sends nothing more there. */
export function createMarkers() {
  const by = new Set<string>();
  const complete = deferred<void>();
  let of = 1;

  return {
    /** Fulfilled when all have said it, or have had their time. */
    complete: complete.promise,
    /** Whether one has: then a successor has taken over. */
    get isHeard(): boolean {
      return by.size > 0;
    },
    hear(told: JsonObject): void {
      by.add(textOf(told, "by") ?? "");
      of = Math.max(of, numberOf(told, "of") ?? 1);
      if (by.size >= of) {
        complete.resolve();
      } else if (by.size === 1) {
        void pause(othersWithinMs).then(complete.resolve);
      }
    },
  };
}

export type Markers = ReturnType<typeof createMarkers>;
