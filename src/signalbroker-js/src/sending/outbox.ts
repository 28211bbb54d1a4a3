import { SignalBrokerError } from "../base/errors.js";
import type { JsonObject } from "../base/json.js";
import { createPending } from "../base/pending.js";
import { createQueue, type Queue } from "./queue.js";
import type { OutgoingSignal } from "./signal.js";

/**
 * Hands one signal over to the webapp. One that fails as `unauthorized` was not sent: the outbox must then be paused
 * until there is a new session, with which it goes out.
 */
export type Deliver = (signal: OutgoingSignal) => Promise<JsonObject>;

const mostWaiting = 100;

/**
 * Signals that wait for their turn, each behind those to the same recipient; none goes out while nothing listens.
 * @param mostAtOnce how many may be on their way to a recipient at the moment
 */
export function createOutbox(deliver: Deliver, mostAtOnce: () => number = () => 1) {
  /** By the names of their recipients. */
  const queues = new Map<string, Queue>();
  const pending = createPending();
  let isOpen = false;
  let closedBy: SignalBrokerError | undefined;

  return {
    /**
     * Fulfilled with what the webapp answered.
     * @throws SignalBrokerError `queue-full`, `expired`, `closed`, or what the webapp said
     */
    async send(signal: OutgoingSignal): Promise<JsonObject> {
      if (closedBy) {
        throw closedBy;
      }
      if (!isOpen && countWaiting() >= mostWaiting) {
        throw new SignalBrokerError("queue-full", `${mostWaiting} signals already wait for the client to reconnect.`);
      }
      return pending.add(queueOf(signal.line).send(signal));
    },
    /** The client listens again. */
    resume(): void {
      isOpen = true;
      queues.forEach((queue) => void queue.work());
    },
    pause(): void {
      isOpen = false;
    },
    /** Takes nothing more; fulfilled when everything that was taken has been answered. */
    drain(error: SignalBrokerError): Promise<unknown> {
      closedBy = error;
      return pending.ended();
    },
    /** Gives up what waits; what may have arrived ends as `unreachable`. */
    close(error: SignalBrokerError): void {
      closedBy = error;
      queues.forEach((queue) => queue.close(error));
    },
  };

  function queueOf(name: string): Queue {
    const queue = queues.get(name) ?? createQueue(deliver, mostAtOnce, () => isOpen, () => void queues.delete(name));
    queues.set(name, queue);
    return queue;
  }

  function countWaiting(): number {
    return [...queues.values()].reduce((count, { size }) => count + size, 0);
  }
}

export type Outbox = ReturnType<typeof createOutbox>;
