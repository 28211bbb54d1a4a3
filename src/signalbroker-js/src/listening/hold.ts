import { mostKeptLength } from "../base/buffer.js";

/**
 * Holds texts back until they are let through, in their order.
 * @param passes whether one need not wait
 */
export function createHold(through: (text: string) => void, passes: (text: string) => boolean = () => false) {
  let held: string[] | undefined = [];
  let length = 0;

  return {
    take(text: string): void {
      if (!held || passes(text)) {
        through(text);
        return;
      }
      held.push(text);
      length += text.length;
      if (length > mostKeptLength) {
        // Memory has an end, and a wrong order is the lesser evil.
        release();
      }
    },
    /** Lets through what was held back, and all that comes later. */
    release,
  };

  function release(): void {
    const all = held ?? [];
    held = undefined;
    all.forEach(through);
  }
}
