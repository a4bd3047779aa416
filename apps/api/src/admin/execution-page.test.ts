import type { ExecutionDetails, LogView } from '@formaops/db';
import { describe, expect, it } from '@jest/globals';
import { executionPage } from './execution-page.ts';

const at = new Date('2027-03-01T12:00:00.000Z');

const execution: ExecutionDetails = {
  id: 'execution-1',
  userId: 'user-1',
  promptId: 'prompt-1',
  promptVersion: 1,
  status: 'PENDING',
  priority: 'NORMAL',
  model: 'gpt-4o-mini',
  parameters: {},
  inputs: {},
  context: null,
  output: null,
  validatedOutput: null,
  validationStatus: 'PENDING',
  tokenUsage: null,
  latencyMs: null,
  costUsd: null,
  costIsComplete: true,
  error: null,
  edgeFunctionId: null,
  attempt: 0,
  maxAttempts: 3,
  timeoutMs: 1_000,
  createdAt: at,
  startedAt: null,
  completedAt: null,
  deadlineAt: at,
  runAt: null,
  nextAttemptAt: null,
  cancelRequestedAt: null,
  rerunOf: null,
  redactedAt: null,
  attempts: [],
  verdicts: [],
  revalidations: [],
};

const attempt = {
  attempt: 1,
  workerId: 'worker-1',
  startedAt: at,
  endedAt: at,
  outcome: 'SUCCEEDED',
  errorCode: null,
  inputTokens: 7,
  outputTokens: 3,
  usageIsEstimated: false,
  costUsd: '0.000004500000',
  latencyMs: 12,
};

const line: LogView = {
  id: 'log-1',
  level: 'INFO',
  message: 'Execution accepted',
  metadata: null,
  timestamp: at,
};

/** The text of a page without its marks. */
const textOf = (page: string) =>
  page
    .replace(/<style>.*<\/style>/s, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

describe('executionPage', () => {
  it('has a dash for everything that is not known yet', () => {
    const text = textOf(executionPage(execution, []));
    for (const term of ['Tokens', 'Cost', 'Latency', 'Error', 'Started', 'Completed'])
      expect(text).toContain(`${term} –`);
    expect(text).toContain('Attempts None. Verdicts None. Log None.');
  });

  it('says where a cost is incomplete and where tokens are estimated', () => {
    const attempts = [{ ...attempt, usageIsEstimated: true }];
    const text = textOf(
      executionPage({ ...execution, costUsd: '0.000005', costIsComplete: false, attempts }, []),
    );
    expect(text).toContain('0.000005 USD (incomplete)');
    expect(text).toContain('7 / 3 (estimated)');
  });

  it('shows no cost as no cost, and a cost of nothing as that', () => {
    expect(textOf(executionPage({ ...execution, costUsd: '0.000000' }, []))).toContain('Cost 0.000000 USD');
  });

  it('shows an attempt that has not ended', () => {
    const unfinished = {
      ...attempt,
      endedAt: null,
      outcome: null,
      inputTokens: null,
      outputTokens: null,
      costUsd: null,
      latencyMs: null,
    };
    expect(textOf(executionPage({ ...execution, attempts: [unfinished] }, []))).toContain('1 – worker-1');
  });

  it('lets no name, message or detail become part of the page', () => {
    const hostile = `"><script>alert('x')</script>&amp;`;
    const verdict = {
      validationId: hostile,
      validationName: hostile,
      type: 'SCHEMA' as const,
      outcome: hostile,
      code: hostile,
      errors: [hostile],
      configHash: hostile,
      durationMs: 1,
      createdAt: at,
    };
    const page = executionPage(
      {
        ...execution,
        id: hostile,
        promptId: hostile,
        model: hostile,
        error: { code: 'INTERNAL', message: hostile },
        tokenUsage: { input: 1, output: 1, total: 2, model: hostile },
        attempts: [{ ...attempt, workerId: hostile, outcome: hostile, errorCode: hostile }],
        verdicts: [verdict],
      },
      [{ ...line, message: hostile, metadata: { [hostile]: hostile } }],
    );
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/class="badge [^"]*">[^<]*<\/span>[^<]*<script/);
    expect(page).toContain('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;');
  });

  it('never shows inputs, context, output or what a verdict quotes from it', () => {
    const secret = 'canary-5f3a';
    const page = executionPage(
      {
        ...execution,
        parameters: { stop: [secret] },
        inputs: { text: secret },
        context: secret,
        output: secret,
        validatedOutput: secret,
        verdicts: [
          {
            validationId: 'v',
            validationName: 'Schema',
            type: 'SCHEMA',
            outcome: 'FAILED',
            code: 'OUTPUT_SCHEMA_MISMATCH',
            errors: [secret, secret],
            configHash: 'c0ffee',
            durationMs: 1.23,
            createdAt: at,
          },
        ],
      },
      [line],
    );
    expect(page).not.toContain(secret);
    expect(textOf(page)).toContain('Schema SCHEMA FAILED OUTPUT_SCHEMA_MISMATCH 2 1.2 ms');
  });
});
