import { backoffMs } from "../base/backoff.js";
import { numberOf, objectOf, textOf, type JsonObject } from "../base/json.js";
import { pause } from "../base/timers.js";
import type { Attempt } from "./attempt.js";
import type { Attempts } from "./attempts.js";
import type { ListeningParts } from "./listening.js";
import { createMarkers } from "./markers.js";
import { createSuccession, type Succession } from "./succession.js";

/**
 * Hears what the server tells of the session that listens.
 * @param current the attempt that listened when it came
 */
export type Mover = (told: JsonObject, current: Attempt | undefined) => void;

const lost = { code: "listening-lost", reason: "The session to which this one has moved was lost." };

/** Moves the session that listens: a successor takes over from it while it goes on. */
export function createMover(attempts: Attempts, parts: ListeningParts): Mover {
  let move: Move | undefined;
  return (told, current) => {
    const event = textOf(told, "event");
    if (event === "moved") {
      move?.hear(told);
    } else if (event === "move" && current && !move?.isTrying) {
      move?.end();
      move = createMove(attempts, parts, current, numberOf(told, "within") ?? 0);
    }
  };
}

type Move = ReturnType<typeof createMove>;

/** Tries until a successor listens, or the time is over: then the server closes the old socket. */
function createMove(attempts: Attempts, parts: ListeningParts, old: Attempt, withinMs: number) {
  const deadline = performance.now() + withinMs;
  const markers = createMarkers();
  let failures = 0;
  let mayTry = true;
  let succession: Succession | undefined;
  const isCurrent = (): boolean => attempts.current === old;
  attempt();

  return {
    get isTrying(): boolean {
      return mayTry && isCurrent();
    },
    hear(told: JsonObject): void {
      markers.hear(told);
      if (!attempts.successor) {
        giveUpIfMoved();
      }
    },
    end: (): void => succession?.end(),
  };

  function attempt(): void {
    if (isCurrent()) {
      succession = createSuccession({ attempts, parts, old, markers, onFailed: again });
    }
  }

  function again(error: unknown): void {
    const waitMs = (numberOf(objectOf(error), "retryAfterMs") ?? 0) + backoffMs(failures++);
    mayTry = performance.now() + waitMs < deadline;
    giveUpIfMoved();
    if (mayTry) {
      void pause(waitMs).then(attempt);
    }
  }

  /** Signals already go to a successor, which this client has lost before it could listen. */
  function giveUpIfMoved(): void {
    if (markers.isHeard && isCurrent()) {
      attempts.retry(lost);
    }
  }
}
