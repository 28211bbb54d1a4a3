import { base64Url } from "../base/random.js";
import { hmacSha256 } from "./sha256.js";

/** Who began a call. It never changes, while the sessions of both ends do. */
export type Role = "caller" | "callee";

/**
 * What a session shows to prove that it is an end of a call: HMAC-SHA-256, by the call's secret, of the call, the role
 * and the session's own name. The server vouches for the name, so nobody else can use the proof, and the
 * secret itself is sent only once, by the callee's session to the caller's.
 */
export function proofOf(secret: string, call: string, role: Role, session: string): string {
  const text = new TextEncoder();
  return base64Url(hmacSha256(text.encode(secret), text.encode(`${call} ${role} ${session}`)));
}
