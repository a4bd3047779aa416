import type { LiveEvent } from './live-event.ts';

export type LiveListener = (event: LiveEvent) => void;

/** Hands events to their listeners, in order, and lets the process do its other work in between. */
export interface Deliveries {
  /** The listeners get it at once unless other events wait. */
  add(event: LiveEvent, listeners: readonly LiveListener[]): void;
  /** Whether so many events wait that what can be spared should be. */
  isBehind(): boolean;
  /** Fulfilled when nothing waits. */
  idle(): Promise<void>;
}

/** Calls of listeners in one turn of the event loop, which are writes to sockets of some 50 µs each. */
const callsPerTurn = 5;

/** Events that are few enough to wait. */
const fewWaiting = 2_000;

export function createDeliveries(): Deliveries {
  const waiting: Generator<void>[] = [];
  let running: Promise<void> | null = null;

  const takeTurn = () => {
    for (let calls = 0; calls < callsPerTurn; ) {
      const [first] = waiting;
      if (first === undefined) return;
      if (first.next().done) waiting.shift();
      else calls += 1;
    }
  };
  const takeTurns = async () => {
    try {
      while (waiting.length > 0) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
        takeTurn();
      }
    } finally {
      // Also after a listener that threw: the others still want what comes next.
      running = null;
    }
  };
  return {
    add(event, listeners) {
      waiting.push(calls(event, listeners));
      if (running !== null) return;
      takeTurn();
      if (waiting.length > 0) running = takeTurns();
    },
    isBehind: () => waiting.length > fewWaiting,
    async idle() {
      await running;
    },
  };
}

function* calls(event: LiveEvent, listeners: readonly LiveListener[]): Generator<void> {
  for (const listener of listeners) {
    listener(event);
    yield;
  }
}
