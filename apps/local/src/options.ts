import { parseArgs } from 'node:util';

export interface StartOptions {
  /** Of the API; the default is 3000. */
  port: number;
  workers: number;
  /** Run the sample, print its result, stop. */
  once: boolean;
}

export const usage = `npm start -- [options]

  --port N      port of the API and of Bull Board (default 3000)
  --workers N   worker processes to start, 0 to 32 (default 1)
  --once        run the sample execution, print its result, stop
  --help        show this

Environment: OPENAI_API_KEY, OPENAI_BASE_URL and DEFAULT_MODEL choose a real model instead of the simulator;
QUEUE_URL=redis://… puts the queue on Redis; WORKER_CONCURRENCY sets the slots of a worker.
`;

/** @returns the options, or what is wrong with them. */
export function parseOptions(args: string[]): StartOptions | { problem: string } | 'help' {
  try {
    const { values } = parseArgs({
      args,
      options: {
        port: { type: 'string', default: '3000' },
        workers: { type: 'string', default: '1' },
        once: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    const port = wholeNumber(values.port, 0, 65_535);
    const workers = wholeNumber(values.workers, 0, 32);
    if (port === null) return { problem: '--port must be a whole number from 0 to 65535' };
    if (workers === null) return { problem: '--workers must be a whole number from 0 to 32' };
    if (workers === 0 && values.once) return { problem: '--once needs a worker to run the sample' };
    return { port, workers, once: values.once };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function wholeNumber(text: string, min: number, max: number): number | null {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : null;
}
