import { afterEach, beforeEach, vi } from "vitest";
import type { Signal } from "../../src/index";
import type { Server } from "./server";

export const settlingTakesMs = 20;

/** The sequences of the stored signals that {@link note} was called with. */
export const received: number[] = [];

export const note = ({ sequence }: Signal): void => void received.push(sequence ?? 0);

export const stored = (sequence: number, id = `id-${sequence}`): object => ({ id, sequence, from: "bob", to: "alice" });

/** The sequences of each request that settles. */
export function settled({ asked }: Server): unknown[] {
  const requests = asked.filter(({ what }) => what === "POST /inbox/settle");
  return requests.map(({ body }) => (body as { sequences: unknown }).sequences);
}

export function asksFor({ asked }: Server, path: string): string[] {
  return asked.map(({ what }) => what).filter((what) => what.includes(path));
}

/** What `localStorage` does. */
export function createStorage(): { getItem(name: string): string | null; setItem(name: string, value: string): void } {
  const kept = new Map<string, string>();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => void kept.set(name, value) };
}

/** Gives each test of a file fake timers without jitter, and nothing received. */
export function useStoredSignals(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    received.length = 0;
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
}
