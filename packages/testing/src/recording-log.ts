import type { Logger } from '@formaops/core';

export interface RecordedLine {
  level: 'debug' | 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

/** A logger that keeps its lines, for tests that ask what was said. */
export function recordingLog(): Logger & { lines: RecordedLine[] } {
  const lines: RecordedLine[] = [];
  const write = (level: RecordedLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  const log = {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: () => log,
  };
  return log;
}
