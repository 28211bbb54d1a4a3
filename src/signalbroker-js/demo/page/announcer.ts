import { byId, make } from "./dom";

const keptLines = 5;

/**
 * Speaks to screen readers. One polite region for everything, so that nothing is said twice; a log, so that what comes
 * second doesn't cut off what came first.
 */
export function announce(text: string): void {
  const log = byId("announcer", HTMLElement);
  log.append(make("p", "", text));
  if (log.childElementCount > keptLines) {
    log.firstElementChild?.remove();
  }
}

/** Says at once what can't wait: somebody is calling. */
export function alertNow(text: string): void {
  byId("alarm", HTMLElement).textContent = text;
}
