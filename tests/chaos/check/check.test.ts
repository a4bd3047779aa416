import { describe, expect, it } from '@jest/globals';
import { check } from './check.ts';
import { type SoundFacts, soundFacts } from './facts.fixture.ts';

type First<Key extends 'exchanges' | 'executions' | 'attempts' | 'calls'> = SoundFacts[Key][number];

function first<Key extends 'exchanges' | 'executions' | 'attempts' | 'calls'>(facts: SoundFacts, key: Key) {
  return facts[key][0] as First<Key>;
}

function set<T extends object>(fact: T, changes: Partial<T>): void {
  Object.assign(fact, changes);
}

function brokenBy(change: (facts: SoundFacts) => void): string[] {
  const facts = soundFacts();
  change(facts);
  return [...new Set(check(facts).map(({ rule }) => rule))].sort();
}

const life = {
  process: 'worker-1',
  life: 1,
  pid: 1,
  startedAt: 0,
  armed: null,
  hurts: [1],
  endedAt: 1,
  reason: 'unexpected' as const,
  code: 1,
  failpoint: null,
  descendants: [],
};

/** A cancel of the execution, answered so. */
function cancelled(facts: SoundFacts, status: number): void {
  facts.exchanges.push({ ...first(facts, 'exchanges'), kind: 'cancel', key: null, status });
}

describe('check', () => {
  it('finds nothing where all is well', () => {
    expect(check(soundFacts())).toEqual([]);
  });

  it.each<[what: string, rules: string[], change: (facts: SoundFacts) => void]>([
    [
      'an accepted execution that is not stored',
      ['I1'],
      (facts) => set(first(facts, 'exchanges'), { executionId: 'e2' }),
    ],
    [
      'an execution that has not ended',
      ['I2'],
      ({ quiescence }) => quiescence.stuck.push({ id: 'e1', status: 'RUNNING' }),
    ],
    ['a run that does not come to rest', ['I2'], ({ quiescence }) => set(quiescence, { afterMs: null })],
    ['an accepted cancel that was not kept', ['I4'], (facts) => cancelled(facts, 202)],
    ['a cancel that does not know the execution', ['I4'], (facts) => cancelled(facts, 404)],
    [
      'a refused cancel of what was cancelled',
      ['I4'],
      (facts) => {
        cancelled(facts, 409);
        first(facts, 'executions').status = 'CANCELLED';
      },
    ],
    [
      'a cost that is off by one digit',
      ['I6'],
      (facts) => set(first(facts, 'attempts'), { costUsd: '0.000085816084' }),
    ],
    [
      'a sum that lost a digit',
      ['I6'],
      (facts) => set(first(facts, 'executions'), { spentUsd: '0.000085816080' }),
    ],
    [
      'a cost that is not the sum',
      ['I6'],
      (facts) => set(first(facts, 'executions'), { costUsd: '0.000085' }),
    ],
    [
      'an output without its attempt',
      ['I8'],
      (facts) => set(first(facts, 'executions'), { output: 'other' }),
    ],
    [
      'an output of another attempt than the one that settled',
      ['I8'],
      (facts) => set(first(facts, 'attempts'), { providerRequestId: 'req_ffffffffffffffffffffffffffffffff' }),
    ],
    ['a call outside the ledger', ['I7'], (facts) => set(first(facts, 'calls'), { idempotencyKey: 'e1-2' })],
    ['two calls of one attempt', ['I7'], (facts) => facts.calls.push(first(facts, 'calls'))],
    [
      'more attempts than allowed',
      ['I7'],
      (facts) => {
        first(facts, 'executions').maxAttempts = 1;
        facts.attempts.push({
          ...first(facts, 'attempts'),
          attempt: 2,
          token: 't2',
          outcome: 'FAILED',
          costUsd: null,
        });
      },
    ],
    [
      'an execution that is stored twice',
      ['I9'],
      (facts) => {
        facts.executions.push({
          ...first(facts, 'executions'),
          id: 'e2',
          attempt: 0,
          spentUsd: null,
          costUsd: null,
          status: 'FAILED',
        });
      },
    ],
    [
      'a key with two ids',
      ['I1', 'I9'],
      (facts) => facts.exchanges.push({ ...first(facts, 'exchanges'), executionId: 'e2' }),
    ],
    ['a bell that is left', ['I10'], ({ quiescence }) => set(quiescence.queue, { delayed: 1 })],
    [
      'an error of the server',
      ['I15'],
      (facts) => facts.exchanges.push({ ...first(facts, 'exchanges'), kind: 'cancel', status: 500 }),
    ],
    [
      'a 503 without a reason',
      ['I15'],
      (facts) => facts.exchanges.push({ ...first(facts, 'exchanges'), status: 503 }),
    ],
    [
      'a foreign execution that is shown',
      ['I16'],
      (facts) => facts.sightings.push({ executionId: 'e1', isOwner: false, status: 200 }),
    ],
    [
      'an own execution that is hidden',
      ['I16'],
      (facts) => facts.sightings.push({ executionId: 'e1', isOwner: true, status: 404 }),
    ],
    ['a secret in a log', ['I17'], ({ logs }) => logs.secrets.push('line')],
    ['a secret in the queue', ['I17'], ({ leaks }) => leaks.push('table')],
    [
      'an execution that is without a worker for too long',
      ['I19'],
      (facts) => {
        const [lost] = facts.attempts as [SoundFacts['attempts'][number]];
        const hurtAt = lost.startedAt.getTime() - 181_000;
        facts.lives.push({ ...life, reason: 'killed', hurts: [hurtAt], endedAt: hurtAt });
        const startedAt = new Date(hurtAt - 1_000);
        const earlier = { startedAt, outcome: 'LOST' as const, costUsd: null, token: 't0' };
        facts.attempts = [
          { ...lost, ...earlier },
          { ...lost, attempt: 2, workerId: 'worker-2.1' },
        ];
        set(first(facts, 'executions'), { crashAttempts: 1, attempt: 2 });
      },
    ],
    [
      'a quiet tenant that waits for the noisy one',
      ['I20'],
      (facts) => {
        const waited = new Date(first(facts, 'executions').createdAt.getTime() + 60_000);
        facts.executions.push({
          ...first(facts, 'executions'),
          id: 'e2',
          userId: 'quiet',
          startedAt: waited,
          ordinal: 2,
          status: 'FAILED',
          spentUsd: null,
          costUsd: null,
        });
        facts.operations.push({ ...(facts.operations[0] as SoundFacts['operations'][number]), ordinal: 2 });
      },
    ],
    ['a process that ended by itself', ['I21'], ({ lives }) => lives.push(life)],
    [
      'a process that was left behind',
      ['I21'],
      ({ survivors }) => survivors.push({ pid: 1, startedAt: '1' }),
    ],
    ['an error that nobody handled', ['I21'], ({ logs }) => logs.unhandled.push('UnhandledPromiseRejection')],
    [
      'a call for what never ran',
      ['I22', 'I7'],
      (facts) => {
        Object.assign(first(facts, 'executions'), {
          status: 'CANCELLED',
          attempt: 0,
          spentUsd: null,
          costUsd: null,
        });
        facts.attempts.pop();
      },
    ],
    [
      'an accepted bad request',
      ['REFUSALS'],
      (facts) => facts.exchanges.push({ ...first(facts, 'exchanges'), kind: 'bad', ordinal: 2 }),
    ],
    [
      'a refused sound request',
      ['REFUSALS'],
      (facts) => facts.exchanges.push({ ...first(facts, 'exchanges'), status: 422 }),
    ],
    [
      'an execution that nobody asked for',
      ['UNEXPECTED'],
      (facts) => set(first(facts, 'executions'), { ordinal: null }),
    ],
  ])('finds %s', (_, rules, change) => {
    expect(brokenBy(change)).toEqual(rules);
  });

  it.each([
    { code: 'DATABASE_UNAVAILABLE', afterMs: 1_000, rules: [] },
    { code: 'DATABASE_UNAVAILABLE', afterMs: 3_000, rules: ['I15'] },
    { code: 'DATABASE_BUSY', afterMs: 15_000, rules: [] },
    { code: 'DATABASE_BUSY', afterMs: 25_000, rules: ['I15'] },
  ])('judges $code $afterMs ms after an outage', ({ code, afterMs, rules }) => {
    const broken = brokenBy((facts) => {
      const [sound] = facts.exchanges as [SoundFacts['exchanges'][number]];
      const endedAt = sound.startedAt - afterMs;
      const fault = { kind: 'postgresStop' as const, atMs: 0, durationMs: 100, worker: 0 };
      facts.faults.push({ ...fault, startedAt: endedAt - 100, endedAt });
      facts.exchanges.push({ ...sound, status: 503, code });
    });
    expect(broken).toEqual(rules);
  });
});
