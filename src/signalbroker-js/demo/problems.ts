import type { Problem } from "./api";

/** What a failed request means, in plain words; the webapp's own where they are plain enough. */
export function problemSentence({ status, code, detail, retryAfterMs }: Problem): string {
  const sentence = plain(code) ?? detail ?? `The webapp answered ${status}.`;
  const wait = retryAfterMs ? ` The server asks to wait ${Math.ceil(retryAfterMs / 1000)} s.` : "";
  return sentence + wait;
}

/** What a failed signal means to the one who sent it. */
export function sendProblemSentence(problem: Problem, to: string): string {
  const { code, status } = problem;
  if (code === "user-not-listening") {
    return `${to} isn't listening right now, so nothing was sent.`;
  }
  if (code === "unauthorized") {
    return "Your session had ended, so nothing was sent. Send it again once you are listening.";
  }
  const uncertain = status === 0 || status >= 500 ? ` It is not certain whether ${to} got the message.` : "";
  return problemSentence(problem) + uncertain;
}

function plain(code: string): string | undefined {
  switch (code) {
    case "unreachable":
      return "The webapp can't be reached.";
    case "unauthorized":
      return "This session has ended.";
    case "user-already-connected":
      return "This user is already connected, and the server allows one session per user.";
    case "too-many-requests":
      return "Too many requests in a short time.";
    case "payload-too-large":
      return "The message is too large: at most 64 KiB.";
    case "no-node-available":
      return "No node has room right now.";
    case "database-unavailable":
      return "The webapp's database doesn't answer right now.";
    case "internal-error":
      return "The webapp had a fault.";
    default:
      return undefined;
  }
}
