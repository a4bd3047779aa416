import { describe, expect, it } from '@jest/globals';
import { backends } from './backends.ts';
import { startStack, type TestStack } from './stack.ts';

const total = 1_000;
const concurrency = 50;

describe.each(backends)('many executions with the queue on %s', (backend) => {
  it('completes 1,000 of them, submitted 50 at a time, none twice, and nothing is left in the queue', async () => {
    await using stack = await startStack(backend);
    // On a busy machine an impatient lease could run out; here every second attempt would be a fault.
    const patience = { LEASE_MS: '30000', HEARTBEAT_MS: '10000' };
    await Promise.all([stack.startWorker(patience), stack.startWorker(patience)]);

    const ids = await submitMany(stack);
    await Promise.all(ids.map((id) => stack.ended(id)));

    const statuses = await stack.pool.query('SELECT status, count(*)::int FROM executions GROUP BY status');
    expect(statuses.rows).toEqual([{ status: 'COMPLETED', count: total }]);
    // On a busy machine a call may fail and be repeated; but no two attempts succeed, and no worker is lost.
    const attempts = await stack.pool.query(
      `SELECT count(*) FILTER (WHERE outcome = 'SUCCEEDED')::int AS succeeded,
         count(*) FILTER (WHERE outcome NOT IN ('SUCCEEDED', 'FAILED'))::int AS others,
         count(DISTINCT execution_id) FILTER (WHERE outcome = 'SUCCEEDED')::int AS executions
       FROM execution_attempts`,
    );
    expect(attempts.rows).toEqual([{ succeeded: total, others: 0, executions: total }]);
    const finals = await stack.pool.query(
      `SELECT count(*)::int AS lines, count(DISTINCT execution_id)::int AS executions
       FROM execution_logs WHERE message = 'Execution completed'`,
    );
    expect(finals.rows).toEqual([{ lines: total, executions: total }]);
    expect(await jobCounts(stack)).toMatchObject({ waiting: 0, prioritized: 0, delayed: 0, active: 0 });
  }, 300_000);
});

async function submitMany(stack: TestStack): Promise<string[]> {
  const ids: string[] = [];
  let submitted = 0;
  const submitter = async () => {
    while (submitted < total) {
      submitted += 1;
      ids.push((await stack.submit()).id);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, submitter));
  return ids;
}

/** As Bull Board shows them. The last acknowledgements may still be under way, so it asks until the queue is idle. */
async function jobCounts(stack: TestStack): Promise<Record<string, number>> {
  const credential = Buffer.from('admin:a long password').toString('base64');
  for (;;) {
    const response = await fetch(`${stack.boardUrl}/api/queues`, {
      headers: { authorization: `Basic ${credential}` },
    });
    const { queues } = (await response.json()) as { queues: Array<{ counts: Record<string, number> }> };
    const counts = queues[0]?.counts ?? {};
    if (counts['active'] === 0) return counts;
  }
}
