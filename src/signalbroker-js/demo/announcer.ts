import { byId } from "./dom";

/** Speaks to screen readers. One polite region for everything, so that nothing is said twice. */
export function announce(text: string): void {
  byId("announcer", HTMLElement).textContent = text;
}
