import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { hostileFunctions } from './hostile-functions.fixture.ts';
import { hostileRegexes } from './hostile-regexes.fixture.ts';
import { hostileSchemas } from './hostile-schemas.fixture.ts';
import { createRecordingLog } from './sandbox/recording-log.fixture.ts';
import { createSandboxedJudge, type SandboxedJudge } from './sandboxed-judge.ts';

// Killed processes take their time to be replaced on a busy machine.
jest.setTimeout(60_000);

let judge: SandboxedJudge;
beforeAll(() => {
  judge = createSandboxedJudge({
    children: 2,
    timeoutMs: 1_000,
    maxWaitMs: 50_000,
    log: createRecordingLog().log,
  });
});
afterAll(() => judge.close());

const hostileCases = [...hostileSchemas, ...hostileRegexes, ...hostileFunctions];

describe('what means harm', () => {
  it('comes in 200 forms and more', () => {
    expect(new Set(hostileCases.map(({ name }) => name)).size).toBe(hostileCases.length);
    expect(hostileCases.length).toBeGreaterThanOrEqual(200);
  });

  it.each(hostileCases)('$name', async ({ type, config, output, codes, value }) => {
    const validations = [{ id: 'v', name: 'v', type, config }];
    const judgement = await judge.judge({ tenantId: 'hostile', output, validations });
    expect(codes).toContain(judgement.verdicts[0]?.code);
    if (value !== undefined) expect(judgement.validatedOutput).toEqual(value);
    // Nobody else notices.
    const innocent = [{ id: 'v', name: 'v', type: 'SCHEMA' as const, config: { required: ['a'] } }];
    const other = await judge.judge({ tenantId: 'other', output: '{"a":1}', validations: innocent });
    expect(other.status).toBe('PASSED');
  });
});
