import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** Where prompts, outputs, keys and headers could slip in; a second net behind logging ids and sizes only. */
const secretNames = [
  'apiKey',
  'authorization',
  'password',
  'inputs',
  'context',
  'output',
  'prompt',
  'template',
  'body',
  'headers',
];

/** How many levels below the fields of a line are looked at, too. */
const censoredLevels = 2;

export interface LoggerOptions {
  /** Which process speaks, for example `api`. */
  name: string;
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where the lines go; standard output when left out. */
  destination?: DestinationStream;
}

/**
 * A logger that writes one JSON object a line and censors what must not be read there. Not by pino's own redaction: it
 * copies every line, which took a worker a twentieth of its time.
 */
export function createLogger({ name, level, destination }: LoggerOptions): PinoLogger {
  const options = {
    name,
    level,
    serializers: { ...censors, err: (error: unknown) => describeError(error) },
    formatters: {
      log: (fields: Record<string, unknown>) =>
        hasSecretBelow(fields, censoredLevels) ? censorBelow(fields, censoredLevels) : fields,
    },
  };
  return pino(options, destination ?? standardOutput());
}

const censor = () => '[redacted]';

/** Of the fields themselves, also of those that a child logger adds to every line. */
const censors = Object.fromEntries(secretNames.map((name) => [name, censor]));

const isNested = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !(value instanceof Error);

function hasSecretBelow(fields: Record<string, unknown>, levels: number): boolean {
  return Object.values(fields).some(
    (value) =>
      isNested(value) &&
      (secretNames.some((name) => name in value) || (levels > 1 && hasSecretBelow(value, levels - 1))),
  );
}

/** Lists become objects. */
function censorBelow(fields: Record<string, unknown>, levels: number): Record<string, unknown> {
  return mapValues(fields, (value) => {
    if (!isNested(value)) return value;
    const inner = mapValues(value, (found, name) => (Object.hasOwn(censors, name) ? censor() : found));
    return levels > 1 ? censorBelow(inner, levels - 1) : inner;
  });
}

function mapValues(fields: Record<string, unknown>, map: (value: unknown, name: string) => unknown) {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(value, name)]));
}

/**
 * Not pino's own destination: on a pipe whose reader is gone, sonic-boom 4.2 repeats its last write for ever when the
 * process wants to exit.
 */
function standardOutput(): DestinationStream {
  process.stdout.on('error', () => undefined); // Nobody reads any more; that is no reason to stop working.
  let lines = '';
  const flush = () => {
    if (lines !== '') process.stdout.write(lines);
    lines = '';
  };
  process.on('exit', flush);
  return {
    write(line) {
      // Writing waits for the system, so the lines of one turn of the event loop leave together.
      if (lines === '') setImmediate(flush);
      lines += line;
    },
  };
}

/**
 * Errors as type, code, message and stack, with their causes. Other properties of vendors' errors stay out: they hold
 * request bodies, headers and connection strings.
 */
function describeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error ? { code: error.code } : {};
  // A cause can be its own cause.
  const isTold = error.cause === undefined || depth >= 5;
  const cause = isTold ? {} : { cause: describeError(error.cause, depth + 1) };
  return {
    type: error.name,
    ...code,
    message: withoutCredentials(error.message),
    stack: withoutCredentials(error.stack ?? ''),
    ...cause,
  };
}

function withoutCredentials(text: string): string {
  return text
    .replaceAll(/\/\/[^/\s]*@/g, '//[redacted]@')
    .replaceAll(/\b(fo_live_|sk-)[\w-]+/g, '$1[redacted]');
}
