import type { ControlSignal } from "../base/envelope.js";
import { objectOf, textOf, timeOf } from "../base/json.js";
import type { Receipt } from "./options.js";

/** The type of the envelopes that bring receipts. */
export const receiptType = "receipt";

export function readReceipt({ content, sentAt }: ControlSignal): Receipt {
  const receipt = objectOf(content);
  return {
    id: textOf(receipt, "id") ?? "",
    outcome: textOf(receipt, "outcome") ?? "",
    to: textOf(receipt, "to"),
    room: textOf(receipt, "room"),
    member: textOf(receipt, "member"),
    device: textOf(receipt, "device"),
    session: textOf(receipt, "session"),
    at: timeOf(receipt, "at") ?? sentAt,
  };
}
