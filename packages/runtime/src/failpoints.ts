import { writeSync } from 'node:fs';
import { z } from 'zod';
import { list } from './load-env.ts';

/** Places where a crash is most likely to tear something apart; the first three are the API's, the others the worker's. */
export const failpointNames = [
  'after_commit',
  'before_enqueue',
  'before_response',
  'after_claim',
  'before_call',
  'after_call',
  'before_finish',
  'during_finish',
  'after_finish',
  'before_ack',
] as const;
export type FailpointName = (typeof failpointNames)[number];

/** Called wherever a crash is to be tried out; in production it does nothing. */
export type Failpoint = (name: FailpointName) => void;

export type FailpointChances = ReadonlyMap<FailpointName, number>;

/** `after_claim:0.01,before_ack:1`: each name with the chance, from 0 to 1, that the process dies there. */
export const failpoints = list('').transform((entries, context): FailpointChances => {
  const chances = entries.map((entry) => {
    const [name, chance] = entry.split(':');
    return [name, Number(chance)] as [FailpointName, number];
  });
  if (chances.every(([name, chance]) => failpointNames.includes(name) && chance >= 0 && chance <= 1))
    return new Map(chances);
  context.addIssue({
    code: 'custom',
    message: `must look like after_claim:0.01,before_ack:1, with names out of ${failpointNames.join(', ')}`,
  });
  return z.NEVER;
});

/** The most that a crash named `during_…` comes after the place it is named after, in milliseconds. */
const duringMs = 5;

/**
 * Makes the process kill itself at some of the places, as SIGKILL from outside would: nothing is flushed or closed.
 * One line on standard error, `{"failpoint":"…"}`, tells which place it was.
 */
export function createFailpoint(chances: FailpointChances, random: () => number): Failpoint {
  if (chances.size === 0) return () => undefined;
  const die = (name: FailpointName) => {
    writeSync(process.stderr.fd, `${JSON.stringify({ failpoint: name })}\n`);
    process.kill(process.pid, 'SIGKILL');
  };
  return (name) => {
    if (random() >= (chances.get(name) ?? 0)) return;
    // What is sent in this turn of the event loop leaves at its end.
    if (name.startsWith('during_')) setTimeout(die, 1 + random() * duringMs, name);
    else die(name);
  };
}
