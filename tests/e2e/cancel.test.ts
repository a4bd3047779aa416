import { describe, expect, it } from '@jest/globals';
import { backends } from './backends.ts';
import { startStack } from './stack.ts';

describe.each(backends)('cancelling with the queue on %s', (backend) => {
  it('ends a waiting execution at once, and the model is never called for it', async () => {
    await using stack = await startStack(backend);
    const { id } = await stack.submit();
    const answer = await stack.request('POST', `/v1/executions/${id}/cancel`);
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'CANCELLED', latencyMs: null, costUsd: null },
    });

    await stack.startWorker();
    // What is submitted later comes later: its end means that the cancelled one's turn is over.
    await stack.ended((await stack.submit()).id);
    expect(stack.simulator.calls().map(({ idempotencyKey }) => idempotencyKey)).not.toContain(`${id}-1`);
    expect(await stack.ended(id)).toMatchObject({ status: 'CANCELLED', attempts: [] });
  });

  it('aborts the model call of a running one in another process, and keeps what was spent', async () => {
    await using stack = await startStack(backend);
    // No heartbeat comes to help: only the message between the processes can end the call.
    await stack.startWorker({ HEARTBEAT_MS: '60000', LEASE_MS: '180000' });
    const { id } = await stack.submit({
      inputs: { text: 'word '.repeat(200) },
      model: 'gpt-4o-mini:echo,stall',
    });
    await stack.simulator.waitForCall(({ idempotencyKey }) => idempotencyKey === `${id}-1`);

    const answer = await stack.request('POST', `/v1/executions/${id}/cancel`);
    expect(answer.status).toBe(202);
    await stack.simulator.waitForClosed(({ idempotencyKey }) => idempotencyKey === `${id}-1`);
    const execution = await stack.ended(id);

    expect(execution).toMatchObject({
      status: 'CANCELLED',
      validationStatus: 'SKIPPED',
      costIsComplete: false,
      attempts: [{ outcome: 'CANCELLED' }],
    });
    expect(Number(execution.costUsd)).toBeGreaterThan(0);
    expect(execution.tokenUsage?.input).toBeGreaterThan(0);
    expect(await stack.request('POST', `/v1/executions/${id}/cancel`)).toMatchObject({ status: 200 });
  });

  it('aborts the call within a heartbeat when the message is lost', async () => {
    await using stack = await startStack(backend);
    await stack.startWorker();
    const { id } = await stack.submit({ model: 'gpt-4o-mini:hang' });
    await stack.simulator.waitForCall(({ idempotencyKey }) => idempotencyKey === `${id}-1`);
    // The wish is recorded, and nobody says a word.
    await stack.pool.query('UPDATE executions SET cancel_requested_at = clock_timestamp() WHERE id = $1', [
      id,
    ]);
    expect(await stack.ended(id)).toMatchObject({ status: 'CANCELLED' });
  });
});
