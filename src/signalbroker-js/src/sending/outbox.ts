import { SignalBrokerError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { createPending } from "../base/pending.js";
import { createQueue, type Queue } from "./queue.js";
import type { OutgoingSignal } from "./signal.js";

/** Signals that wait for their turn: one at a time is under way to an addressee, and none while nothing is listening. */
export interface Outbox {
  /**
   * Fulfilled with what the webapp answered.
   * @throws SignalBrokerError `queue-full`, `expired`, `closed`, or what the webapp said
   */
  send(signal: OutgoingSignal): Promise<JsonObject>;
  /** The client listens again. */
  resume(): void;
  pause(): void;
  /** Takes nothing more; fulfilled when what it has taken has been answered. */
  drain(error: SignalBrokerError): Promise<unknown>;
  /** Gives up what waits; what may have arrived ends as `unreachable`. */
  close(error: SignalBrokerError): void;
}

/**
 * Hands one signal over to the webapp. One that fails as `unauthorized` was not sent: it goes out with the next session,
 * and whoever delivers pauses the outbox until there is one.
 */
export type Deliver = (signal: OutgoingSignal) => Promise<JsonObject>;

const mostWaiting = 100;

export function createOutbox(deliver: Deliver): Outbox {
  /** By the names of their addressees. */
  const queues = new Map<string, Queue>();
  const pending = createPending();
  let isOpen = false;
  let closedBy: SignalBrokerError | undefined;

  return {
    async send(signal) {
      if (closedBy) {
        throw closedBy;
      }
      if (!isOpen && countWaiting() >= mostWaiting) {
        throw new SignalBrokerError("queue-full", `${mostWaiting} signals wait already for the client to listen again.`);
      }
      return pending.add(queueOf(signal.line).send(signal));
    },
    resume() {
      isOpen = true;
      queues.forEach((queue) => void queue.work());
    },
    pause() {
      isOpen = false;
    },
    drain(error) {
      closedBy = error;
      return pending.ended();
    },
    close(error) {
      closedBy = error;
      queues.forEach((queue) => queue.close(error));
    },
  };

  function queueOf(name: string): Queue {
    const queue = queues.get(name) ?? createQueue(deliver, () => isOpen, () => void queues.delete(name));
    queues.set(name, queue);
    return queue;
  }

  function countWaiting(): number {
    return [...queues.values()].reduce((count, { length }) => count + length, 0);
  }
}
