import type { EventType, LiveEvent } from './live-event.ts';
import type { StoredEvent } from './progress-events.ts';

/** Which events a client wants; everything where nothing is said. */
export interface EventFilter {
  types?: readonly EventType[] | undefined;
  promptId?: string | undefined;
  /** Of `status` events. */
  statuses?: readonly string[] | undefined;
}

/** @returns whether the filter lets an event of an execution through. */
export function passes(
  { types, promptId, statuses }: EventFilter,
  type: EventType,
  stored: StoredEvent | null,
  event: Pick<LiveEvent, 'promptId'>,
): boolean {
  if (types && !types.includes(type)) return false;
  if (promptId !== undefined && promptId !== event.promptId) return false;
  return stored?.type !== 'status' || !statuses || statuses.includes(stored.data.status);
}
