import { SignalBrokerError } from "../base/errors.js";

/**
 * Writes what the application sends as JSON, and refuses what would arrive as something else or as `{}`.
 * @param name its name in the error
 * @throws SignalBrokerError `content-not-json`
 */
export function writeContent(content: unknown, name = "content"): string {
  const paths = new Map<unknown, string>();

  let json: string | undefined;
  try {
    json = JSON.stringify(content, function (this: Record<string, unknown>, key, value: unknown) {
      const holder = paths.get(this);
      const path = holder === undefined ? name : `${holder}.${key}`;
      // An object's own toJSON counts, but a Buffer's is of no use elsewhere.
      const lost = lossOf(ArrayBuffer.isView(this[key]) ? this[key] : value);
      if (lost) {
        throw new SignalBrokerError("content-not-json", `${path} is ${lost}`);
      }
      if (typeof value === "object" && value !== null) {
        paths.set(value, path);
      }
      return value;
    });
  } catch (error) {
    throw error instanceof SignalBrokerError
      ? error
      : new SignalBrokerError("content-not-json", `${name} ${whyNot(String(error))}`);
  }
  if (json === undefined && content !== undefined) {
    throw new SignalBrokerError("content-not-json", `${name} is a ${typeof content}, which JSON can't hold.`);
  }
  return json ?? "null";
}

/** Why the value can't be sent, and what to do about it; undefined when it arrives as it is. */
function lossOf(value: unknown): string | undefined {
  if (typeof value === "bigint") {
    return "a BigInt, which JSON can't hold: send String(value).";
  }
  if (typeof value !== "object" || value === null || Array.isArray(value) || isPlain(value)) {
    return undefined;
  }
  const isBinary = ArrayBuffer.isView(value) || "byteLength" in value || "arrayBuffer" in value;
  // Anything with members of its own arrives with them, and a boxed number as a number.
  if (!isBinary && (Object.keys(value).length > 0 || typeof value.valueOf() !== "object")) {
    return undefined;
  }
  const kind = value.constructor.name;
  return `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}, which JSON can't hold: ${
    isBinary
      ? "encode it as base64, or send it over a call's data channel."
      : Symbol.iterator in value
        ? "send [...value]."
        : "then" in value
          ? "await it first."
          : "send a plain object with the data."
  }`;
}

/** Whether it is an object literal, perhaps of another window or frame. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function whyNot(error: string): string {
  return /circular|cyclic/i.test(error)
    ? "refers to itself, which JSON can't hold: send a copy without that reference."
    : `can't be written as JSON (${error}).`;
}
