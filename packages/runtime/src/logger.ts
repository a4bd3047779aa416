import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** Where prompts, outputs, keys and headers could slip in; a second net behind logging ids and sizes only. */
const secretPaths = [
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
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);

export interface LoggerOptions {
  /** Which process speaks, for example `api`. */
  name: string;
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where the lines go; standard output when left out. */
  destination?: DestinationStream;
}

/** A logger that writes one JSON object a line and censors what must not be read there. */
export function createLogger({ name, level, destination }: LoggerOptions): PinoLogger {
  const options = {
    name,
    level,
    redact: { paths: secretPaths, censor: '[redacted]' },
    serializers: { err: (error: unknown) => describeError(error) },
  };
  return pino(options, destination ?? standardOutput());
}

/**
 * Not pino's own destination: on a pipe whose reader is gone, sonic-boom 4.2 repeats its last write for ever when the
 * process wants to exit.
 */
function standardOutput(): DestinationStream {
  process.stdout.on('error', () => undefined); // Nobody reads any more; that is no reason to stop working.
  return process.stdout;
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
