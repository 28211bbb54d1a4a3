/** 128 random bits in base64url, for names that nobody else may guess. */
export function randomToken(): string {
  return base64Url(crypto.getRandomValues(new Uint8Array(16)));
}

/** A name that nobody else uses. */
export function uniqueId(): string {
  // Node 18 has no global crypto, and a signal's id need not be secret.
  return "crypto" in globalThis
    ? randomToken()
    : Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 9)).join("");
}

/** Base64 with the URL-safe alphabet and without padding (RFC 4648, section 5). */
export function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
