import { SignalBrokerError } from "./errors.js";

/**
 * The webapp's address, with a slash at its end. In a page one that begins with a slash is the page's own server.
 * @throws SignalBrokerError `invalid-url`
 */
export function addressOf(url: unknown): string {
  let address: URL | undefined;
  try {
    const page = (globalThis.location as Location | undefined)?.href;
    address = new URL(String(url), String(url).startsWith("/") ? page : undefined);
  } catch {
    // Reported below.
  }
  if (
    !address ||
    !/^https?:$/.test(address.protocol) ||
    // fetch refuses addresses with a user, and no path can follow a query.
    address.username + address.password + address.search + address.hash !== ""
  ) {
    throw new SignalBrokerError(
      "invalid-url",
      '"url" must be an http or https address without user, query or fragment, such as "https://signal.example".',
    );
  }
  // Without the "?" or "#" that an empty query or fragment leaves in the href.
  const start = address.origin + address.pathname;
  return start.endsWith("/") ? start : `${start}/`;
}

/** Why a browser may refuse a request to the webapp, which it tells only its console. */
export function browsersReason(address: string): string {
  const { origin = "", protocol = "" }: Partial<Location> = globalThis.location ?? {};
  if (origin === "" || new URL(address).origin === origin) {
    return "";
  }
  return protocol === "https:" && address.startsWith("http:")
    ? " This page came by https, and browsers keep such pages from http servers."
    : ` If the browser's console mentions CORS, add this page's origin, ${origin}, to the server's Cors:Origins.`;
}
