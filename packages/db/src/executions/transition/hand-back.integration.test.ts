import { describe, expect, it } from '@jest/globals';
import { setup } from '../../database.fixture.ts';
import { findExecution, listLogs } from '../queries.ts';
import { claim } from './claim.ts';
import { handBack } from './hand-back.ts';
import { heartbeat } from './heartbeat.ts';
import { requestCancel } from './request-cancel.ts';
import { claimAgain, createClaimed, failedAttempt } from './verbs.fixture.ts';

describe('handBack', () => {
  it('frees the execution until the next attempt is due, and ends the attempt in the ledger', async () => {
    await using database = await setup();
    const { pool } = database;
    const { id, token } = await createClaimed(database);
    const [answer] = await handBack(pool, [failedAttempt(id, token, { delayMs: 60_000 })]);
    expect(answer).toEqual({ id, applied: true, execution: { status: 'RUNNING' } });
    expect(await findExecution(pool, null, id)).toMatchObject({
      status: 'RUNNING',
      attempt: 1,
      nextAttemptAt: expect.any(Date),
      error: null,
      attempts: [
        { attempt: 1, endedAt: expect.any(Date), outcome: 'FAILED', errorCode: 'PROVIDER_UNAVAILABLE' },
      ],
    });
    const again = { id, token: 'other', workerId: 'w', leaseMs: 1_000 };
    expect(await claim(pool, [again])).toMatchObject([{ id, applied: false, reason: 'notDue' }]);
    expect(await heartbeat(pool, [{ id, token, leaseMs: 1_000 }])).toEqual([{ id, held: false }]);
  });

  it('charges an attempt exactly when it is told to', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database, { maxAttempts: 2 });
    const shutdown = { charged: false, ending: { outcome: 'SHUTDOWN' as const } };
    await handBack(database.pool, [failedAttempt(id, token, shutdown)]);
    await handBack(database.pool, [failedAttempt(id, await claimAgain(database, id))]);
    await handBack(database.pool, [failedAttempt(id, await claimAgain(database, id), shutdown)]);
    const { rows } = await database.pool.query('SELECT attempt, charged_attempts FROM executions');
    expect(rows).toEqual([{ attempt: 3, charged_attempts: 1 }]);
  });

  it('refuses when the owner wants it cancelled, and keeps the lease for the settlement', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    await requestCancel(database.pool, [{ id, userId: database.userId }]);
    expect(await handBack(database.pool, [failedAttempt(id, token)])).toEqual([
      { id, applied: false, actual: 'RUNNING' },
    ]);
    const beats = await heartbeat(database.pool, [{ id, token, leaseMs: 60_000 }]);
    expect(beats).toEqual([{ id, held: true, cancelRequested: true }]);
  });

  it('writes only the log lines of those it applied, also with two about the same execution', async () => {
    await using database = await setup();
    const { id, token } = await createClaimed(database);
    const line = (message: string) => ({ level: 'WARN' as const, message, metadata: {}, agoMs: 0 });
    const answers = await handBack(database.pool, [
      failedAttempt(id, 'lost', { logs: [line('from a lost lease')] }),
      failedAttempt(id, token, { logs: [line('from the holder')] }),
      failedAttempt('nowhere', 'none', { logs: [line('from nowhere')] }),
    ]);
    expect(answers).toMatchObject([
      { id, applied: false, actual: 'RUNNING' },
      { id, applied: true },
      { id: 'nowhere', applied: false, actual: 'missing' },
    ]);
    const logs = await listLogs(database.pool, id, null, 10);
    expect(logs.map(({ message }) => message)).toEqual([
      'Execution accepted',
      'Attempt started',
      'from the holder',
    ]);
  });
});
