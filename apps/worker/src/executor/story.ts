import type { Clock, JsonObject, LogLevel } from '@formaops/core';
import type { LogLine } from '@formaops/db';

/** Collects what an attempt has to tell, until it is written together with the attempt's end. */
export interface Story {
  tell(level: LogLevel, message: string, metadata?: JsonObject): void;
  /** The lines, each with its distance from now. */
  lines(): LogLine[];
}

export function createStory(clock: Clock): Story {
  const told: Array<Omit<LogLine, 'agoMs'> & { at: number }> = [];
  return {
    tell(level, message, metadata = {}) {
      told.push({ level, message, metadata, at: clock.monotonicMs() });
    },
    lines() {
      const now = clock.monotonicMs();
      return told.map(({ at, ...line }) => ({ ...line, agoMs: now - at }));
    },
  };
}
