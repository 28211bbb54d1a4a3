import { randomToken } from "../base/random.js";

/**
 * What the sessions of one client have in common, over reconnects and page reloads: by this secret it takes over from
 * its own last session where a user may have only one. While a page is shown nothing is stored, or a copy of its tab
 * would have the same line.
 * @param name whose line it is
 */
export function createSessionLine(given: string | undefined, name: string) {
  // Node 18 has no global crypto, and nothing else makes a secret there.
  const current = given ?? takeStored(name) ?? ("crypto" in globalThis ? randomToken() : undefined);
  return {
    current,
    /** The page is being left: the next one of this tab goes on with the line. */
    leave(): void {
      if (given === undefined && current !== undefined) {
        withStorage((storage) => storage.setItem(name, current));
      }
    },
    comeBack: (): void => void takeStored(name),
  };
}

/** Takes a value out of the tab's storage. */
export function takeStored(name: string): string | undefined {
  return withStorage((storage) => {
    const value = storage.getItem(name) ?? undefined;
    storage.removeItem(name);
    return value;
  });
}

/** What `use` makes of the tab's storage; undefined where there is none. */
export function withStorage<T>(use: (storage: Storage) => T): T | undefined {
  try {
    return use(sessionStorage);
  } catch {
    // There is none here, or the user forbids pages to store anything.
    return undefined;
  }
}
