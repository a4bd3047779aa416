import { createExecution, createUser, createValidation } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { setup as setupDatabase } from '../database.fixture.ts';
import { insertExecutions, type NewExecution } from '../executions/insert.ts';
import { newId } from '../new-id.ts';
import { etagSql } from './prompt-row.ts';
import { findPrompt } from './queries.ts';
import { findVersion, listVersions } from './versions.ts';
import {
  deletePrompt,
  hasRun,
  insertPrompt,
  type PromptChanges,
  publishPrompt,
  restoreVersion,
  updatePrompt,
} from './writes.ts';

const draft = {
  name: 'Draft',
  description: null,
  template: '{{a}}',
  variables: [{ name: 'a', type: 'string' as const }],
  tags: ['t'],
};

async function setup() {
  const database = await setupDatabase();
  const { pool, userId } = database;
  const created = await insertPrompt(pool, userId, draft);
  const target = { userId, id: created.id, ifMatch: null };
  const plain: Parameters<typeof updatePrompt>[3] = { assumed: {}, changeLog: null };
  return {
    ...database,
    created,
    target,
    update: (changes: PromptChanges, how = plain) => updatePrompt(pool, target, changes, how),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

describe('updatePrompt', () => {
  it('writes the row of a new version with its change log, once', async () => {
    await using test = await setup();
    const { pool, userId, target, update } = test;
    const written = await update({ template: 'new {{a}}' }, { assumed: {}, changeLog: 'why' });
    expect(written).toMatchObject({ ...draft, template: 'new {{a}}', version: 2 });
    expect(await listVersions(pool, userId, target.id, null, 10)).toEqual([
      { version: 2, changeLog: 'why', createdAt: written?.updatedAt, isCurrent: true },
      { version: 1, changeLog: null, createdAt: expect.any(Date), isCurrent: false },
    ]);
    expect(await findVersion(pool, userId, target.id, 2)).toMatchObject({ template: 'new {{a}}' });
  });

  it('writes only beside the half that was assumed', async () => {
    await using test = await setup();
    const { update } = test;
    const template = 'other {{a}}';
    const assuming = (assumed: PromptChanges) => ({ assumed, changeLog: null });
    expect(await update({ template }, assuming({ variables: [] }))).toBeNull();
    expect(await update({ variables: [] }, assuming({ template }))).toBeNull();
    expect(await update({ template }, assuming({ variables: draft.variables }))).toMatchObject({
      version: 2,
    });
    expect(await update({ variables: [] }, assuming({ template }))).toMatchObject({ version: 3 });
  });

  it('takes turns with another writer and goes on from what that one wrote', async () => {
    await using test = await setup();
    const { pool, target, update, created } = test;
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await updatePrompt(client, target, { template: 'first {{a}}' }, { assumed: {}, changeLog: null });
      const name = update({ name: 'Second' });
      const guarded = updatePrompt(
        pool,
        { ...target, ifMatch: [created.etag] },
        { name: 'Lost' },
        { assumed: {}, changeLog: null },
      );
      const content = update({ template: 'second {{a}}' });
      await waitForLocks(pool, 3);
      await client.query('COMMIT');
      expect(await name).toMatchObject({ name: 'Second' });
      expect(await guarded).toBeNull();
      expect(await content).toMatchObject({ template: 'second {{a}}', version: 3 });
    } finally {
      client.release();
    }
  });
});

describe('restoreVersion', () => {
  it("restores nothing of somebody else's, and no version that is not there", async () => {
    await using test = await setup();
    const { pool, target, update } = test;
    await update({ template: 'new {{a}}' });
    const { userId: stranger } = await createUser(pool);
    expect(await restoreVersion(pool, { ...target, userId: stranger }, 1)).toBeNull();
    expect(await restoreVersion(pool, target, 3)).toBeNull();
    expect(await restoreVersion(pool, target, 1)).toMatchObject({ version: 3, template: '{{a}}' });
  });
});

describe('deletePrompt', () => {
  it('waits for an execution that is being stored, and keeps the prompt', async () => {
    await using test = await setup();
    const { pool, target } = test;
    await publishPrompt(pool, target);
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await createExecution(client, { userId: target.userId, promptId: target.id });
      const deleted = deletePrompt(pool, target);
      await waitForLocks(pool, 1);
      await client.query('COMMIT');
      expect(await deleted).toBe(false);
    } finally {
      client.release();
    }
    expect(await hasRun(pool, target.userId, target.id)).toBe(true);
    expect(await hasRun(pool, (await createUser(pool)).userId, target.id)).toBe(false);
    expect(await findPrompt(pool, target.userId, target.id)).not.toBeNull();
  });

  it('lets an execution that is being stored meanwhile find its prompt gone', async () => {
    await using test = await setup();
    const { pool, target } = test;
    await publishPrompt(pool, target);
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      expect(await deletePrompt(client, target)).toBe(true);
      const inserted = insertExecutions(pool, [executionOf(target)]);
      await waitForLocks(pool, 1);
      await client.query('COMMIT');
      expect(await inserted).toEqual([{ kind: 'stale' }]);
    } finally {
      client.release();
    }
  });
});

describe('the tag of a prompt', () => {
  it('is the same for every connection, whatever its settings', async () => {
    await using test = await setup();
    const { pool, target } = test;
    await createValidation(pool, { promptId: target.id, config: {} });
    const published = await publishPrompt(pool, target);
    const client = await pool.connect();
    try {
      await client.query(
        `SET TIME ZONE 'Pacific/Apia'; SET DateStyle = 'German'; SET extra_float_digits = 0`,
      );
      const { rows } = await client.query(`SELECT ${etagSql} AS tag FROM prompts p WHERE id = $1`, [
        target.id,
      ]);
      expect(rows).toEqual([{ tag: published?.etag }]);
    } finally {
      client.release(true);
    }
  });

  it('tells every two prompts apart that differ, also where their texts joined would not', async () => {
    await using test = await setup();
    const { update } = test;
    const tags = new Set<string | undefined>();
    for (const changes of [
      { name: 'a', description: 'bc' },
      { name: 'ab', description: 'c' },
      { name: 'ab', description: null },
      { name: 'ab', description: '' },
      { tags: ['x', 'y'] },
      { tags: ['x,y'] },
      { tags: [] },
    ])
      tags.add((await update(changes))?.etag);
    expect(tags.size).toBe(7);
  });
});

function executionOf({ userId, id }: { userId: string; id: string }): NewExecution {
  return {
    id: newId(),
    userId,
    promptId: id,
    promptVersion: 1,
    inputs: {},
    context: null,
    priority: 'NORMAL',
    model: 'gpt-4o-mini',
    parameters: {},
    maxAttempts: 1,
    timeoutMs: 1_000,
    deadlineMs: 60_000,
    bellLostMs: 5_000,
    assumedVersion: 1,
  };
}

/** Comes back when so many statements of this database wait for a lock. */
async function waitForLocks(
  pool: Awaited<ReturnType<typeof setupDatabase>>['pool'],
  count: number,
): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    const { rows } = await pool.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if (rows.length >= count) return;
  }
  throw new Error('nobody waits for a lock');
}
