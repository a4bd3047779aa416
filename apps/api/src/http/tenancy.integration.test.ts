import { randomUUID } from 'node:crypto';
import { createSealingKey } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { startTestApi, type TestClient } from '../api.fixture.ts';
import { type Answer, call } from './call.fixture.ts';
import { type DescribedOperation, describedOperations } from './described-operations.fixture.ts';

type Ids = Record<string, Record<string, string>>;

/** Something of everything that has an id, by the beginning of its path. */
async function ownedBy(owner: TestClient): Promise<Ids> {
  const idOf = async (answer: Promise<Answer>) => String((await answer).body['id']);
  const validation = { name: 'v', type: 'REGEX', config: { pattern: 'a' } };
  const webhook = await idOf(owner.post('/v1/webhooks', { url: 'https://example.com/' }));
  return {
    prompts: {
      id: owner.promptId,
      validationId: await idOf(owner.post(`/v1/prompts/${owner.promptId}/validations`, validation)),
      version: '1',
    },
    executions: { id: await idOf(owner.submit()), revalidationId: randomUUID() },
    'api-keys': { id: await idOf(owner.post('/v1/api-keys', { name: 'k', scopes: ['read'] })) },
    webhooks: { id: webhook, deliveryId: await idOf(owner.post(`/v1/webhooks/${webhook}/test`)) },
  };
}

const randomIds = (ids: Ids): Ids =>
  Object.fromEntries(
    Object.entries(ids).map(([resource, names]) => [
      resource,
      Object.fromEntries(Object.keys(names).map((name) => [name, name === 'version' ? '1' : randomUUID()])),
    ]),
  );

function fill(path: string, ids: Ids): string {
  const [, , resource = ''] = path.split('/');
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const id = ids[resource]?.[name];
    if (id === undefined) throw new Error(`nothing is known of ${name} in ${path}`);
    return id;
  });
}

describe("somebody else's ids", () => {
  it('are answered like ids that do not exist, by every operation, and nothing is changed', async () => {
    await using api = await startTestApi({
      WEBHOOK_SECRET_KEY: [createSealingKey('the key of the tests, made by nobody')],
    });
    const [owner, stranger] = [await api.user('PRO'), await api.user('PRO')];
    const ids = await ownedBy(owner);
    const look = async () => {
      const seen: unknown[] = [];
      for (const [resource, { id }] of Object.entries(ids)) {
        const { status, body } = await owner.get(`/v1/${resource}/${id}`);
        seen.push({ status, body });
      }
      return seen;
    };
    const before = await look();
    expect(before).toEqual(Array(4).fill(expect.objectContaining({ status: 200 })));
    const headers = { authorization: `Bearer ${stranger.apiKey}` };
    const ask = async ({ method, path, example }: DescribedOperation, these: Ids) => {
      const answer = await call(api.url + fill(path, these), { method, headers, body: example });
      return { status: answer.status, body: { ...answer.body, requestId: '' } };
    };

    const operations = describedOperations().filter(({ path }) => path.includes('{id}'));
    expect(operations.length).toBeGreaterThan(30);
    const unlike: unknown[] = [];
    for (const operation of operations) {
      const foreign = await ask(operation, ids);
      const missing = await ask(operation, randomIds(ids));
      const isRight = foreign.status === 404 && JSON.stringify(foreign) === JSON.stringify(missing);
      if (!isRight) unlike.push({ operation: `${operation.method} ${operation.path}`, foreign, missing });
    }
    expect(unlike).toEqual([]);
    expect(await look()).toEqual(before);
  });
});
