import { Readable } from 'node:stream';
import type { World } from './context.ts';
import { runCli } from './program.ts';

/** What a command line wrote, and what it ended with. */
export interface Said {
  out: string;
  err: string;
  code: number;
}

/** Carries out a command line in this process. */
export async function run(args: string[], changes: Partial<World> = {}): Promise<Said> {
  const out: string[] = [];
  const err: string[] = [];
  const screen = {
    print: (text: string) => void out.push(text, '\n'),
    write: (text: string) => void out.push(text),
    say: (text: string) => void err.push(text, '\n'),
    progress: () => undefined,
    columns: undefined,
  };
  const env = { FORMAOPS_STATE_DIR: '/does/not/exist' };
  const world = { screen, env, stdin: Readable.from(['']), signal: new AbortController().signal };
  const code = await runCli(args, { ...world, ...changes });
  return { out: out.join(''), err: err.join(''), code };
}

/** An environment that says where the API is. */
export const key = {
  FORMAOPS_STATE_DIR: '/does/not/exist',
  FORMAOPS_API_URL: 'http://api',
  FORMAOPS_API_KEY: 'fo_live_x',
};
