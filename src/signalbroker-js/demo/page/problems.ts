import { SignalBrokerError } from "../../src/index";

/** What a failure means, in plain words; the webapp's own where they are plain enough. */
export function problemSentence({ code, reason }: { code: string; reason: string }): string {
  // What is in brackets after an error's name is for programmers.
  return plain[code] ?? reason.replace(/ \(\w*Error\b.*\)/, "");
}

/** What a failed signal means to its sender. */
export function sendProblemSentence(error: unknown, to: string): string {
  const { code, reason, status = 0 } = detailsOf(error);
  switch (code) {
    case "user-not-listening":
      return `${to} isn't listening right now, so nothing was sent.`;
    case "expired":
      return "You were not listening for too long, so nothing was sent. Send it again once you are listening.";
  }
  const isUnsure = code === "unreachable" || status >= 500;
  return problemSentence({ code, reason }) + (isUnsure ? ` It is not certain whether ${to} got the message.` : "");
}

/** Why a call failed, for the person who called or answered. */
export function callProblemSentence(error: unknown, other: string): string {
  const details = detailsOf(error);
  return callSentences[details.code]?.(other) ?? problemSentence(details);
}

const callSentences: Readonly<Record<string, (other: string) => string>> = {
  declined: (other) => `${other} declined.`,
  busy: (other) => `${other} is in another call.`,
  "no-answer": (other) => `${other} didn't answer.`,
  "user-not-listening": (other) => `${other} isn't signed in right now.`,
  aborted: () => "You hung up before anybody answered.",
  cancelled: (other) => `${other} gave up.`,
  "answered-elsewhere": () => "Another of your devices answered.",
  "peer-gone": (other) => `${other} has gone.`,
  "no-other-device": () => "That's you, and you are signed in on no other device.",
  "no-webrtc": () => "This browser can't make calls.",
};

interface Details {
  code: string;
  reason: string;
  status?: number | undefined;
}

function detailsOf(error: unknown): Details {
  return error instanceof SignalBrokerError
    ? { code: error.code, reason: error.message, status: error.status }
    : { code: "", reason: error instanceof Error ? error.message : String(error) };
}

const plain: Readonly<Record<string, string>> = {
  unreachable: "The webapp can't be reached.",
  unauthorized: "This session has ended.",
  offline: "This browser is offline.",
  "token-missing": "This server lets in nobody without a token; the options take one.",
  "token-invalid": "The server doesn't accept this token.",
  "token-expired": "This token has expired.",
  "user-id-mismatch": "This token is another user's.",
  "origin-not-allowed": "The webapp doesn't take this page for one of its own.",
  "user-already-connected": "This user is already connected, and the server allows one session per user.",
  "too-many-sessions-of-user": "This user is connected too many times already.",
  "too-many-sessions-of-address": "Too many sessions come from your network.",
  "too-many-requests": "Too many requests in a short time.",
  "payload-too-large": "The message is too large: at most 64 KiB.",
  "queue-full": "Too many messages wait already to be sent.",
  "no-node-available": "No node has room right now.",
  "database-unavailable": "The webapp's database doesn't answer right now.",
  "internal-error": "The webapp had a fault.",
};
