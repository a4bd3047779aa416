import { describe, expect, it } from '@jest/globals';
import { pressures } from '../profiles.ts';
import { faultKinds } from './faults.ts';
import type { Operation, Submission } from './operations.ts';
import { makePlan, planLines } from './plan.ts';

const isSubmission = (one: Operation): one is Submission => one.kind === 'submit';
const mixed = makePlan(42, pressures.mixed, 'redis');

describe('makePlan', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planLines(makePlan(42, pressures.mixed, 'redis'))).toBe(planLines(mixed));
    expect(planLines(makePlan(43, pressures.mixed, 'redis'))).not.toBe(planLines(mixed));
  });

  it('sends as many requests as asked, in the order of their times, each with a number of its own', () => {
    const { operations } = mixed;
    expect(operations.length / (600 * 40)).toBeCloseTo(1, 1);
    expect(operations.map(({ ordinal }) => ordinal)).toEqual(operations.map((_, index) => index + 1));
    expect(operations.every(({ atMs }, index) => atMs >= (operations[index - 1]?.atMs ?? 0))).toBe(true);
  });

  it.each<[string, number, (one: Submission) => boolean]>([
    ['of the noisy tenant', 0.6, ({ tenant }) => tenant === 0],
    ['sent twice with a key', 0.1, ({ idempotency }) => ['resend', 'parallel'].includes(idempotency)],
    ['cancelled', 0.08, ({ cancelAfterMs }) => cancelAfterMs !== null],
    ['met by a faulty provider', 0.15, ({ faults }) => !faults.startsWith('latency')],
    ['judged by a schema', 0.2, ({ prompt }) => prompt === 'schema'],
    ['judged by a pattern', 0.1, ({ prompt }) => prompt === 'regex'],
    ['judged by a function', 0.05, ({ prompt }) => prompt === 'function'],
  ])('has its share %s', (_, share, is) => {
    const submissions = mixed.operations.filter(isSubmission);
    expect(Math.abs(submissions.filter(is).length / submissions.length - share)).toBeLessThan(0.015);
  });

  it('has bad requests', () => {
    expect(
      mixed.operations.filter(({ kind }) => kind === 'bad').length / mixed.operations.length,
    ).toBeCloseTo(0.02, 2);
  });

  it('never has more than two faults at the same time', () => {
    for (const fault of mixed.faults) {
      const others = mixed.faults.filter(
        (one) => one !== fault && one.atMs <= fault.atMs && one.atMs + one.durationMs >= fault.atMs,
      );
      expect(others.length).toBeLessThan(2);
    }
  });

  it.each(['redis', 'postgres'] as const)('has every kind of fault once in smoke on %s', (backend) => {
    const kinds = makePlan(9, pressures.smoke, backend).faults.map(({ kind }) => kind);
    const possible = faultKinds.filter(
      (kind) => backend === 'redis' || kind === 'queueWipe' || !/^queue|^redis/.test(kind),
    );
    expect(kinds.sort()).toEqual([...possible].sort());
  });
});
