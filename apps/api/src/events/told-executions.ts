import type { ExecutionProgress, OwnedExecution } from '@formaops/db';
import { LRUCache } from 'lru-cache';
import { advance, type EventPosition, nothingTold } from './event-position.ts';
import { endRank, eventsOf, type StoredEvent } from './progress-events.ts';

/** What this process has told about one execution, to whoever was there. */
export interface ToldExecution extends OwnedExecution {
  position: EventPosition;
  /** Ids of log lines. */
  lines: Set<string>;
}

/** Executions that are remembered; of one that was forgotten, things may be told twice. */
const maxExecutions = 20_000;

/** Remembers what was told, so that everything is told once. */
export interface ToldExecutions {
  of(execution: OwnedExecution): ToldExecution;
  /** @returns what is new, each with the position after it, and remembers it as told. */
  takeNew(execution: ExecutionProgress): Array<{ event: StoredEvent; position: EventPosition }>;
  /** Those that may still move. */
  open(): ToldExecution[];
}

export function createToldExecutions(): ToldExecutions {
  const all = new LRUCache<string, ToldExecution>({ max: maxExecutions });
  const of = ({ id, userId }: OwnedExecution): ToldExecution => {
    const known = all.get(id);
    if (known) return known;
    const told = { id, userId, position: nothingTold, lines: new Set<string>() };
    all.set(id, told);
    return told;
  };
  return {
    of,
    takeNew(execution) {
      const told = of(execution);
      const isNew = (event: StoredEvent) =>
        event.type === 'status' ? event.rank > told.position.rank : !told.lines.has(event.line.id);
      return eventsOf(execution)
        .filter(isNew)
        .map((event) => {
          told.position = advance(told.position, event);
          if (event.type === 'log') told.lines.add(event.line.id);
          return { event, position: told.position };
        });
    },
    open: () => [...all.values()].filter(({ position }) => position.rank < endRank),
  };
}
