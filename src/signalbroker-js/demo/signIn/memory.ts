import { isObject, parseJson, textOf } from "../../src/base/json";
import { takeStored, withStorage } from "../../src/listening/line";
import type { SignInRequest } from "./options";

const requestKey = "signedIn";
const otherKey = "talksWith";

/**
 * What this tab remembers when its page is loaded again. While the page is shown nothing is stored, or a copy of the
 * tab would sign in as the same user.
 */
export function createMemory() {
  const stored = parseJson(takeStored(requestKey) ?? "");
  const request = isObject(stored) && textOf(stored, "userId") ? (stored as unknown as SignInRequest) : undefined;
  const other = takeStored(otherKey);
  // A page that is left before it listens again still remembers.
  let signedInAs = request;
  let talkingWith: string | undefined;

  // Before the client ends its calls because the page is left: it hears of that later.
  addEventListener("pagehide", () => {
    put(requestKey, signedInAs && JSON.stringify(signedInAs));
    put(otherKey, talkingWith);
  });
  addEventListener("pageshow", () => {
    takeStored(requestKey);
    takeStored(otherKey);
  });

  return {
    /** The user who was signed in here when the page was left. */
    request,
    /** The user with whom they were in a call. */
    other,
    signedIn: (next: SignInRequest) => (signedInAs = next),
    signedOut: () => (signedInAs = undefined),
    talksWith: (next: string | undefined) => (talkingWith = next),
  };
}

function put(key: string, value: string | undefined): void {
  if (value !== undefined) {
    withStorage((storage) => storage.setItem(key, value));
  }
}
