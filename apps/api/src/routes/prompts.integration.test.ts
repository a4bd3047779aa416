import { createPrompt, createValidation } from '@formaops/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestApi, type TestApi, type TestClient } from '../api.fixture.ts';
import { problemsOf } from '../http/call.fixture.ts';
import { promptClient } from './prompts.fixture.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api[Symbol.asyncDispose]());

async function idsOf(user: TestClient, query = ''): Promise<{ ids: string[]; next: unknown }> {
  const { body } = await user.get(`/v1/prompts${query}`);
  return { ids: (body['data'] as Array<{ id: string }>).map(({ id }) => id), next: body['nextCursor'] };
}

describe('GET /v1/prompts/:id', () => {
  it('shows the prompt with its variables and validations', async () => {
    const user = await api.user();
    const validationId = await createValidation(api.db, {
      promptId: user.promptId,
      config: { type: 'object' },
    });
    const { status, body } = await user.get(`/v1/prompts/${user.promptId}`);
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        id: user.promptId,
        name: 'Test prompt',
        description: null,
        template: '{{text}}',
        variables: [{ name: 'text', type: 'string', required: true }],
        version: 1,
        status: 'PUBLISHED',
        tags: [],
        createdAt: time,
        updatedAt: time,
        publishedAt: time,
        validations: [{ id: validationId, name: 'Test', type: 'SCHEMA', isActive: true }],
      },
    });
  });

  it("answers somebody else's like one that does not exist", async () => {
    const [user, other] = [await api.user(), await api.user()];
    const answers = await Promise.all(
      [other.promptId, 'no-such-prompt'].map((id) => user.get(`/v1/prompts/${id}`)),
    );
    const [foreign, unknown] = answers.map(({ status, body: { requestId: _, ...body } }) => ({
      status,
      body,
    }));
    expect(foreign).toEqual(unknown);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('GET /v1/prompts', () => {
  it("shows all of the user's prompts, whatever their status, and nobody else's", async () => {
    const [user, other] = [await api.user(), await api.user()];
    const draft = await createPrompt(api.db, { userId: user.userId, status: 'DRAFT' });
    const archived = await createPrompt(api.db, { userId: user.userId, status: 'ARCHIVED' });
    expect((await idsOf(user)).ids.toSorted()).toEqual([user.promptId, draft, archived].toSorted());
    expect((await idsOf(other)).ids).toEqual([other.promptId]);
  });

  it('shows each prompt once, newest first, also where times are equal', async () => {
    const user = await api.user();
    for (let count = 0; count < 6; count += 1) await createPrompt(api.db, user);
    await api.db.query(`UPDATE prompts SET created_at = '2027-01-01T00:00:00Z' WHERE user_id = $1`, [
      user.userId,
    ]);
    const shown: string[] = [];
    let next: unknown = null;
    do {
      const page = await idsOf(user, next === null ? '?limit=2' : `?limit=2&cursor=${next}`);
      shown.push(...page.ids);
      next = page.next;
    } while (next !== null);
    expect(shown).toHaveLength(7);
    expect(shown).toEqual([...new Set(shown)].toSorted().toReversed());
  });

  it('refuses what it does not know', async () => {
    const user = await api.user();
    const problems = problemsOf(await user.get('/v1/prompts?limit=101&cursor=x&name=DRAFT'));
    expect(problems.toSorted()).toEqual([
      'INVALID_VALUE /cursor',
      'OUT_OF_RANGE /limit',
      'UNKNOWN_FIELD /name',
    ]);
  });
});

describe('GET /v1/prompts with conditions', () => {
  async function setup() {
    const user = await api.user();
    const { create, publish, archive } = promptClient(api.url, user);
    const { body: a } = await create({ name: 'Ärztebrief', description: '100% sure', tags: ['x', 'y'] });
    const { body: b } = await create({ name: 'Mail', description: 'for doctors', tags: ['y'] });
    const { body: c } = await create({ name: 'Other', description: null, tags: [] });
    await publish(b.id);
    await archive(c.id);
    const names: Record<string, string> = { [a.id]: 'a', [b.id]: 'b', [c.id]: 'c', [user.promptId]: 'own' };
    const find = async (query: string) => (await idsOf(user, query)).ids.map((id) => names[id]);
    return { user, find };
  }

  it('finds by text, tags and status, all together', async () => {
    const { find } = await setup();
    expect(await find('?q=%C3%84RZTE')).toEqual(['a']);
    expect(await find('?q=a%CC%88rzte')).toEqual(['a']);
    expect(await find('?q=Doctor')).toEqual(['b']);
    expect(await find('?q=0%25')).toEqual(['a']);
    expect(await find('?q=_')).toEqual([]);
    expect(await find('?q=%5C')).toEqual([]);
    expect(await find('?tags=y')).toEqual(['b', 'a']);
    expect(await find('?tags=y,x')).toEqual(['a']);
    expect(await find('?status=DRAFT')).toEqual(['a']);
    expect(await find('?status=PUBLISHED,ARCHIVED')).toEqual(['c', 'b', 'own']);
    expect(await find('?status=PUBLISHED&tags=y&q=mail')).toEqual(['b']);
    expect(await find('?q=nothing')).toEqual([]);
  });

  it('comes in pages of what was found', async () => {
    const { user } = await setup();
    const first = await idsOf(user, '?tags=y&limit=1');
    expect(first.ids).toHaveLength(1);
    const second = await idsOf(user, `?tags=y&limit=1&cursor=${first.next}`);
    expect([second.ids.length, second.next]).toEqual([1, null]);
  });

  it.each([
    ['?q=', 'OUT_OF_RANGE /q'],
    [`?q=${'x'.repeat(201)}`, 'OUT_OF_RANGE /q'],
    ['?q=%00', 'INVALID_VALUE /q'],
    ['?q=a&q=b', 'INVALID_TYPE /q'],
    ['?status=draft', 'INVALID_ENUM /status/0'],
    ['?status=DRAFT,,', 'INVALID_ENUM /status/1'],
    ['?tags=', 'OUT_OF_RANGE /tags/0'],
    ['?tags=%00', 'INVALID_VALUE /tags/0'],
  ])('refuses %s', async (query, problem) => {
    const user = await api.user();
    expect(problemsOf(await user.get(`/v1/prompts${query}`))).toContain(problem);
  });

  it('takes a text for nothing else than a text', async () => {
    const { find } = await setup();
    for (const text of [
      `' OR 1=1--`,
      '$1',
      '(',
      '"',
      '%%%',
      '\\',
      '日',
      '\u{1f600}',
      '\ufffd',
      "'; DROP TABLE prompts",
    ])
      expect([text, await find(`?q=${encodeURIComponent(text)}`)]).toEqual([text, []]);
  });
});
