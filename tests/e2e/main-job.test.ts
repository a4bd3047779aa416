import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issueApiKey, seed } from '@formaops/db';
import { createValidation } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { backends } from './backends.ts';
import { type ExecutionBody, startStack } from './stack.ts';

const ownSource = join(import.meta.dirname, '../../packages/core/src/prompt/template.ts');

describe.each(backends)('the main job with the queue on %s', (backend) => {
  it('reviews one of our own sources and ends COMPLETED with validated output, tokens, cost and its story', async () => {
    await using stack = await startStack(backend);
    const { userId, promptId } = await seed(stack.pool);
    const apiKey = await issueApiKey(stack.pool, userId, 'test');
    await stack.startWorker();

    const response = await fetch(`${stack.apiUrl}/v1/executions?wait=25`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        promptId,
        inputs: { language: 'typescript', code: await readFile(ownSource, 'utf8') },
      }),
    });
    const execution = (await response.json()) as ExecutionBody;

    expect(response.status).toBe(200);
    expect(response.headers.get('location')).toBe(`/v1/executions/${execution.id}`);
    expect(execution).toMatchObject({
      status: 'COMPLETED',
      validationStatus: 'PASSED',
      attempt: 1,
      error: null,
    });
    expect(execution.validatedOutput).toEqual(JSON.parse(execution.output ?? ''));
    expect(execution.validatedOutput).toMatchObject({
      overall_rating: expect.any(Number),
      issues: expect.any(Array),
    });
    const call = await stack.simulator.waitForCall(({ outcome }) => outcome === 'answered');
    expect(execution.tokenUsage).toEqual({
      input: call.usage?.prompt_tokens,
      output: call.usage?.completion_tokens,
      total: call.usage?.total_tokens,
      model: 'gpt-4o-mini',
    });
    expect(execution.costUsd).toMatch(/^0\.\d{6}$/);
    expect(Number(execution.costUsd)).toBeGreaterThan(0);
    expect(execution.costIsComplete).toBe(true);
    expect(execution.latencyMs).toBeGreaterThanOrEqual(1);

    const logs = await fetch(`${stack.apiUrl}/v1/executions/${execution.id}/logs`, {
      headers: { authorization: `Bearer ${apiKey}` },
    }).then((answer) => answer.json() as Promise<{ data: Array<{ message: string }> }>);
    expect(logs.data.map(({ message }) => message)).toEqual([
      'Execution accepted',
      'Attempt started',
      'Model answered',
      'Output judged',
      'Execution completed',
    ]);
  });

  it('keeps an output that fails its validation, and says what is wrong with it', async () => {
    await using stack = await startStack(backend);
    await createValidation(stack.pool, {
      promptId: stack.promptId,
      config: { type: 'object', required: ['a'] },
    });
    await stack.startWorker();
    const execution = await stack.submit(
      { inputs: { text: '{"b":1}' }, model: 'gpt-4o-mini:echo' },
      '?wait=25',
    );
    expect(execution).toMatchObject({
      status: 'COMPLETED',
      validationStatus: 'FAILED',
      output: '{"b":1}',
      validatedOutput: null,
      verdicts: [{ outcome: 'FAILED', code: 'OUTPUT_SCHEMA_MISMATCH' }],
    });
  });
});
