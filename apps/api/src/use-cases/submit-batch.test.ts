import { defaultPlanLimits, FormaError } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import type { ApiDeps } from '../api-deps.ts';
import { submitBatch } from './submit-batch.ts';

const caller = { keyId: 'k', userId: 'u', plan: 'PRO', scopes: [] } as never;
/** Nothing is used of them: every item is refused when it is read. */
const deps = {} as ApiDeps;

const refuse = (item: number) => {
  throw new FormaError('NOT_FOUND', { message: String(item) });
};

/** Counts the turns that others get, until it is stopped. */
function countTurns() {
  let turns = 0;
  let isDone = false;
  const takeTurns = () => {
    turns += 1;
    if (!isDone) setImmediate(takeTurns);
  };
  setImmediate(takeTurns);
  return {
    stop() {
      isDone = true;
      return turns;
    },
  };
}

describe('submitBatch', () => {
  it('answers each item in its order', async () => {
    const items = Array.from({ length: 250 }, (_, n) => n);
    const answers = await submitBatch(items, refuse, caller, deps);
    expect(answers.map((answer) => (answer as FormaError).message)).toEqual(items.map(String));
  });

  it('lets others have their turn while it reads', async () => {
    const others = countTurns();
    const slowly = (item: number) => {
      const end = performance.now() + 4;
      while (performance.now() < end);
      return refuse(item);
    };
    await submitBatch(
      Array.from({ length: 60 }, (_, n) => n),
      slowly,
      caller,
      deps,
    );
    // 240 ms of work, in parts of little more than ten.
    expect(others.stop()).toBeGreaterThan(10);
  });

  it('lets others have their turn while it renders', async () => {
    const others = countTurns();
    // Refused as too long when it is nearly done.
    const template = '{{a}}'.repeat(40_000);
    const prompt = { status: 'PUBLISHED', version: 1, variables: [{ name: 'a', type: 'string' }], template };
    const body = { inputs: { a: 'x'.repeat(26) } };
    const asked: string[] = [];
    const find = async () => {
      asked.push('find');
      return { validationTypes: [], ...prompt };
    };
    const doubt = () => asked.push('doubt') > 0;
    const answers = await submitBatch(Array(40).fill({ body, bodyBytes: 50 }), (item) => item, caller, {
      limits: defaultPlanLimits,
      prompts: { find, doubt },
      line: { isLong: () => false },
    } as never);
    const turns = others.stop();
    expect(new Set(answers.map((answer) => (answer as FormaError).code))).toEqual(
      new Set(['PROMPT_TOO_LONG']),
    );
    // Each takes some milliseconds; without turns all of them together would be one.
    expect(turns).toBeGreaterThan(5);
    // Looked up anew once, and once for each.
    expect(asked).toEqual(['doubt', ...Array(40).fill('find')]);
  });

  it('takes what is no error of ours for INTERNAL', async () => {
    const fail = () => {
      throw new Error('secret');
    };
    expect(await submitBatch([1], fail, caller, deps)).toMatchObject([{ code: 'INTERNAL' }]);
  });
});
