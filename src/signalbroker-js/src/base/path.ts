import { SignalBrokerError, type ErrorCode } from "./errors.js";

/**
 * An id, which may be any text, as one segment of a path.
 * @param nobody the error's code if no path can hold it: URL parsers take `.` and `..` for steps in the path, however
 * they are written. The webapp gives no such ids.
 */
export function segmentOf(id: string, nobody: ErrorCode): string {
  if (id !== "" && id !== "." && id !== "..") {
    try {
      return encodeURIComponent(id);
    } catch {
      // Half of a surrogate pair has no bytes.
    }
  }
  throw new SignalBrokerError(nobody, `Nothing is called ${JSON.stringify(id)} there.`);
}
