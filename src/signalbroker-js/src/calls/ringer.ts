import { createAlarm } from "../base/alarm.js";
import { SignalBrokerError } from "../base/errors.js";
import type { Addressee } from "../sending/signal.js";
import { channelsOf } from "./channels.js";
import type { CallContent } from "./content.js";
import type { CallParts } from "./line.js";
import type { CallOptions } from "./options.js";

/** Ringing is repeated for devices that were reconnecting or have just come. */
const againMs = 5000;

/**
 * Rings at a user's sessions, again and again.
 * @param onBusy no session can take the call
 */
export function createRinger(parts: CallParts, call: string, to: string, options: CallOptions, onBusy: () => void) {
  const again = createAlarm();
  /** The sessions at which it rings, and those of them that can't take the call. */
  let rung: string[] = [];
  const busy = new Set<string>();
  /** All sessions that were rung at, and whether there may be others. */
  const heard = new Set<string>();
  let isUnsure = false;
  let asking = 0;
  let isOver = false;

  return {
    /**
     * Begins.
     * @throws SignalBrokerError `no-other-device`, or what sending throws
     */
    start: (): Promise<void> => ring(to, true),
    /** Rings now. */
    ringAt: (recipient: Addressee): void => void ring(recipient),
    /** A session can't take the call. */
    busy(session: string): void {
      busy.add(session);
      checkBusy();
    },
    /** Whether one is busy, and the others are unknown. */
    get seemsBusy(): boolean {
      return rung.length === 0 && busy.size > 0;
    },
    /** Whether another session than this one may be ringing. */
    mayRingBeside: (session: string): boolean => isUnsure || asking > 0 || [...heard].some((other) => other !== session),
    stop(): void {
      isOver = true;
      again.clear();
    },
  };

  async function ring(recipient: Addressee, isFirst = false): Promise<void> {
    again.clear();
    asking++;
    try {
      const { sessions } = await parts.send(recipient, { call, ...ringContent(options) });
      const reached = sessions.filter(({ outcome }) => outcome !== "notListening").map(({ listeningKey }) => listeningKey);
      reached.forEach((session) => heard.add(session));
      // Whom the server hides may be listening all the same.
      isUnsure ||= sessions.length === 0;
      if (recipient === to) {
        rung = reached;
        if (isFirst && rung.length > 0 && others().length === 0) {
          throw new SignalBrokerError("no-other-device", "You called yourself, and no other device of yours listens.");
        }
        checkBusy();
      }
    } catch (error) {
      if (isFirst) {
        throw error;
      }
      // It has rung somewhere, and that device may be on its way back.
      isUnsure = true;
    } finally {
      asking--;
    }
    if (!isOver) {
      again.set(againMs, () => void ring(to));
    }
  }

  function checkBusy(): void {
    if (!isOver && others().length > 0 && others().every((session) => busy.has(session))) {
      onBusy();
    }
  }

  /** All but this session: users who call themselves ring at their other devices. */
  function others(): string[] {
    return rung.filter((session) => session !== parts.self());
  }
}

function ringContent(options: CallOptions): CallContent {
  const has = (kind: string): boolean => options.media?.getTracks().some((track) => track.kind === kind) ?? false;
  return {
    kind: "ring",
    info: options.info,
    media: { audio: has("audio"), video: has("video") },
    channels: channelsOf(options, "caller"),
  };
}
