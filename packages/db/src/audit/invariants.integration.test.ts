import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { type Fixture, setup } from '../database.fixture.ts';
import { contentDamages } from './content-damages.fixture.ts';
import { courseDamages } from './course-damages.fixture.ts';
import type { Damage } from './damage.fixture.ts';
import { createHistories } from './histories.fixture.ts';
import { invariants } from './invariants.ts';
import { type InvariantReport, runAudit } from './run-audit.ts';

const damages: Record<string, Damage[]> = { ...courseDamages, ...contentDamages };

/** Takes away what would refuse the damage. */
async function disarm({ pool }: Fixture): Promise<void> {
  await pool.query(`
    ALTER TABLE executions DISABLE TRIGGER ALL;
    ALTER TABLE execution_transitions DISABLE TRIGGER ALL;
    ALTER TABLE execution_transitions DROP CONSTRAINT chk_execution_transition;
    ALTER TABLE execution_attempts DROP CONSTRAINT chk_attempt_cost;
    ALTER TABLE execution_revalidations DROP CONSTRAINT chk_revalidated_output;
    DROP INDEX uq_executions_idempotency_key;
    DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'executions'::regclass AND contype = 'c'
      LOOP EXECUTE format('ALTER TABLE executions DROP CONSTRAINT %I', name); END LOOP;
    END $$`);
}

describe('the invariants', () => {
  it('are each seen to be violated', () => {
    expect(Object.keys(damages).toSorted()).toEqual(invariants.map(({ name }) => name).toSorted());
  });

  it.each(invariants.map(({ id, name }) => ({ id, name })))('$id $name', async ({ id, name }) => {
    await using database = await setup();
    const histories = { ...(await createHistories(database)), user: database.userId };
    await disarm(database);
    for (const { of, sql, says } of damages[name] ?? []) {
      const reports = await auditDamaged(database, sql, histories[of]);
      const report = reports.find((one) => one.name === name);
      expect(report).toMatchObject({
        id,
        violations: report?.offenders.length,
        offenders: expect.arrayContaining([expect.stringMatching(startsAndHas(histories[of], says))]),
      });
    }
    expect((await runAudit(database.pool)).filter(({ violations }) => violations > 0)).toEqual([]);
  });
});

/** Audits in the transaction of the damage, which is then undone. */
async function auditDamaged({ pool }: Fixture, damage: string, id: string): Promise<InvariantReport[]> {
  const client = await pool.connect();
  const query = async (text: string | pg.QueryConfig) =>
    typeof text === 'string' ? undefined : client.query(text);
  const connect = async () => ({ query, release: () => undefined });
  try {
    await client.query('BEGIN');
    await client.query(damage, [id]);
    return await runAudit({ connect: connect as unknown as pg.Pool['connect'] });
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

function startsAndHas(start: string, part: string): RegExp {
  return new RegExp(`^${start}: .*${part.replaceAll(/[.*+?()[\]]/g, '\\$&')}`);
}
