import { catalogue, type ErrorCode } from '@formaops/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DescribedOperation, describedOperations } from './described-operations.fixture.ts';
import { recipes } from './error-recipes.fixture.ts';
import { type Bench, startBench } from './errors.fixture.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(async () => bench[Symbol.asyncDispose]());

interface Pair {
  operation: DescribedOperation;
  code: ErrorCode;
  status: number;
}

const pairs = describedOperations().flatMap((operation) =>
  operation.errors.map((error): Pair => ({ operation, ...error })),
);
const pairsByCode = Map.groupBy(pairs, ({ code }) => code);

/** What came in place of the error that is described; null when it was that. */
async function deviation({ operation, code, status }: Pair): Promise<string | null> {
  const { operationId } = operation;
  const recipe = recipes[code];
  if (!recipe) return `${operationId} ${code}: nothing provokes it`;
  try {
    const { status: answered, body, headers, text } = await recipe(operation, bench);
    const saysWhen = headers.has('retry-after') === catalogue[code].retryable;
    if (answered === status && body['code'] === code && saysWhen) return null;
    return `${operationId} ${code}: ${answered} ${text}, Retry-After: ${headers.get('retry-after')}`;
  } catch (error) {
    return `${operationId} ${code}: ${error}`;
  }
}

describe('an error that the OpenAPI document describes', () => {
  it.each([...pairsByCode])('is answered where it is described: %s', async (_code, described) => {
    const deviations: string[] = [];
    for (const pair of described) {
      const found = await deviation(pair);
      if (found !== null) deviations.push(found);
    }
    expect(deviations).toEqual([]);
  });

  it('is every error that there is a way to provoke', () => {
    expect(Object.keys(recipes).toSorted()).toEqual([...pairsByCode.keys()].toSorted());
  });
});

describe('a body that nobody reads', () => {
  it('is no reason to be refused, however many others are on their way', async () => {
    await using crowd = await bench.troubles.crowd();
    const { apiKey } = crowd;
    const operations = describedOperations().filter(({ hasBody, method }) => !hasBody && method !== 'GET');
    expect(operations.length).toBeGreaterThan(10);
    for (const operation of operations)
      expect(await bench.ask(operation, { apiKey, body: {} })).toMatchObject({ status: 404 });
  });
});
