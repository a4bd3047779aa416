import { cleanTerminal } from './clean-terminal.ts';

/** Where a command writes: results to one side, what is said about the work to the other. */
export interface Screen {
  /** Writes a result, and a line break. */
  print(text: string): void;
  /** Writes a part of a result as it is. */
  write(text: string): void;
  /** Says something about the work, on the side of errors. */
  say(text: string): void;
  /** Shows how long work is going, over itself; nothing where nobody looks. */
  progress(text: string): void;
  /** Of the terminal; undefined where results go elsewhere, which are not cut then. */
  readonly columns: number | undefined;
}

/**
 * The process's own terminal. Whoever stops reading results ends the process quietly, as `head` does; without those who read
 * what is said about the work, the work goes on.
 */
export function terminal(): Screen {
  const stdout = process.stdout;
  const stderr = process.stderr;
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  let shown = false;
  const clear = () => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  const write = (text: string) => {
    clear();
    stdout.write(text);
  };
  return {
    write,
    print: (text) => write(`${text}\n`),
    say(text) {
      clear();
      stderr.write(`${cleanTerminal(text)}\n`);
    },
    progress(text) {
      if (!stderr.isTTY) return;
      clear();
      stderr.write(text.slice(0, (stderr.columns ?? 80) - 1));
      shown = true;
    },
    columns: stdout.isTTY ? stdout.columns : undefined,
  };
}
