import { basic, type Http } from "../http.js";
import { textOf } from "../json.js";
import type { Session } from "../listening/session.js";
import { bodyOf, readDeliveries, type OutgoingSignal, type Sent } from "./signal.js";

/** Sends one signal with POST /exchange. */
export async function sendOverHttp(
  http: Http,
  session: Session,
  signal: OutgoingSignal,
  keepalive = false,
): Promise<Sent> {
  const answer = await http.request("POST", "exchange", {
    body: bodyOf(signal),
    authorization: basic(session),
    keepalive,
  });
  return { id: textOf(answer, "id") ?? signal.id, sessions: readDeliveries(answer) ?? [] };
}
