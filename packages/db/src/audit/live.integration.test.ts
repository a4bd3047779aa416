import { executionStatuses } from '@formaops/core';
import { createExecution } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { type Fixture, setup } from '../database.fixture.ts';
import { claim } from '../executions/transition/claim.ts';
import { handBack } from '../executions/transition/hand-back.ts';
import { expire, rescue } from '../executions/transition/maintain.ts';
import { requestCancel } from '../executions/transition/request-cancel.ts';
import { settle } from '../executions/transition/settle.ts';
import { failedAttempt, type Held, settlement } from '../executions/transition/verbs.fixture.ts';
import { newId } from '../new-id.ts';
import { type InvariantReport, runAudit } from './run-audit.ts';

const few = 12;
const failure = {
  status: 'FAILED' as const,
  error: { code: 'INTERNAL' as const, message: 'No' },
  ending: { outcome: 'FAILED' as const },
};

/** Somebody who does all that workers, owners and maintenance do, at random, to executions that others are at, too. */
async function doThings(database: Fixture, ids: string[], times: number): Promise<void> {
  const { pool, owner, userId } = database;
  /** Kept when the lease is long over: whoever holds on to a lost lease is refused. */
  const held: Held[] = [];
  const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)] as T;
  const withHeld = async (act: (one: Held) => Promise<unknown>) => {
    if (held.length > 0) await act(pick(held));
  };
  const moves = [
    async () => {
      ids[Math.floor(Math.random() * few)] = await createExecution(pool, owner, { deadlineMs: 2_000 });
    },
    async () => {
      const one = { id: pick(ids), token: newId() };
      const leaseMs = pick([20, 60_000]);
      const [answer] = await claim(pool, [{ ...one, workerId: 'w', leaseMs }]);
      if (answer?.applied) held.push(one);
    },
    () => withHeld(({ id, token }) => settle(pool, [settlement(id, token)])),
    () => withHeld(({ id, token }) => settle(pool, [settlement(id, token, failure)])),
    () => withHeld(({ id, token }) => handBack(pool, [failedAttempt(id, token)])),
    () => requestCancel(pool, [{ id: pick(ids), userId }]),
    () => rescue(pool, { limit: few }),
    () => expire(pool, { limit: few }),
  ];
  for (let time = 0; time < times; time += 1) await pick([...moves.slice(0, 4), ...moves])();
}

describe('runAudit, while others write', () => {
  it('finds nothing: what is half done is not to be seen', async () => {
    await using database = await setup();
    const ids: string[] = [];
    for (let n = 0; n < few; n += 1) ids.push(await createExecution(database.pool, database.owner));
    let isBusy = true;
    const others = Promise.all([1, 2, 3, 4].map(() => doThings(database, ids, 400))).finally(() => {
      isBusy = false;
    });
    const audits: InvariantReport[][] = [];
    while (isBusy) audits.push(await runAudit(database.pool));
    await others;
    audits.push(await runAudit(database.pool));
    expect(audits.flat().filter(({ violations }) => violations > 0)).toEqual([]);
    const { rows } = await database.pool.query('SELECT DISTINCT status FROM executions');
    expect(rows).toHaveLength(executionStatuses.length);
  });
});
