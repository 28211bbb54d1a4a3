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
    // It is told below.
  }
  if (
    !address ||
    !/^https?:$/.test(address.protocol) ||
    // fetch refuses what has a user, and a path can't follow a query.
    address.username + address.password + address.search + address.hash !== ""
  ) {
    throw new SignalBrokerError(
      "invalid-url",
      '"url" must be where the server is, beginning with http:// or https:// and without user, query and fragment, such as "https://signal.example".',
    );
  }
  // Without the "?" or "#" that an empty query or fragment leaves in the href.
  const start = address.origin + address.pathname;
  return start.endsWith("/") ? start : `${start}/`;
}

/** What a browser may have against a request to the webapp, which it tells its console only. */
export function browsersReason(address: string): string {
  const { origin = "", protocol = "" }: Partial<Location> = globalThis.location ?? {};
  if (origin === "" || new URL(address).origin === origin) {
    return "";
  }
  return protocol === "https:" && address.startsWith("http:")
    ? " This page came by https, and browsers keep such pages from http servers."
    : ` If the browser's console names CORS, this page's origin, ${origin}, is missing in the server's setting Cors:Origins.`;
}
