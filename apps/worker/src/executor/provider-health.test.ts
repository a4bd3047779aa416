import type { FormaErrorOptions } from '@formaops/core';
import type { CallResult, ModelCall } from '@formaops/providers';
import { recordingLog } from '@formaops/testing';
import { describe, expect, it } from '@jest/globals';
import { answered, failed } from './executor.fixture.ts';
import { createProviderHealth } from './provider-health.ts';

const unauthorised = failed('PROVIDER_AUTH', { details: { httpStatus: 401 } });
const down = failed('PROVIDER_UNAVAILABLE');

function setup() {
  let now = 5_000;
  const log = recordingLog();
  const health = createProviderHealth({
    clock: { monotonicMs: () => now, now: () => new Date() },
    log,
  });
  /** Calls of a tenant, one after the other, that all end the same way. */
  async function call(result: CallResult, { times = 1, tenant = 'tenant', model = 'model' } = {}) {
    for (let count = 0; count < times; count += 1) {
      using bell = health.handleBell();
      const provider = bell.watch({ call: async () => result, close: () => undefined }, tenant);
      expect(await provider.call({ model } as ModelCall)).toBe(result);
    }
  }
  return {
    health,
    log,
    call,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('createProviderHealth', () => {
  it('suspends everything while the provider refuses the credential, and says so once each', async () => {
    const { health, log, call, pass } = setup();
    await call(unauthorised, { times: 19 });
    expect(health.waitMs()).toBe(0);
    await call(unauthorised);
    expect(health.waitMs()).toBe(15_000);
    pass(15_000);
    await call(unauthorised);
    expect(health.waitMs()).toBe(15_000);
    pass(15_000);
    await call(answered());
    expect(health.waitMs()).toBe(0);
    expect(log.lines).toEqual([
      {
        level: 'warn',
        message: 'model calls suspended',
        fields: { scope: 'credential', calls: 20, failures: 20, openMs: 15_000 },
      },
      { level: 'info', message: 'model calls resumed', fields: { scope: 'credential' } },
    ]);
  });

  it('lets one bell try after that; one that makes no call leaves the try to the next', async () => {
    const { health, call, pass } = setup();
    await call(unauthorised, { times: 20 });
    pass(15_000);
    {
      using _stale = health.handleBell();
      expect(health.waitMs()).toBe(15_000);
    }
    expect(health.waitMs()).toBe(0);
  });

  it('goes on as soon as an answer begins, for the credential is taken then', async () => {
    const { health, call, pass } = setup();
    await call(unauthorised, { times: 20 });
    pass(15_000);
    using bell = health.handleBell();
    let waitMs = -1;
    const answering = async ({ onFirstToken }: ModelCall) => {
      onFirstToken?.();
      waitMs = health.waitMs();
      return down;
    };
    await bell.watch({ call: answering, close: () => undefined }, 'tenant').call({} as ModelCall);
    expect(waitMs).toBe(0);
  });

  it('does not suspend the credential for what one request, one model or the provider itself brings about', async () => {
    const { health, call } = setup();
    const results = [
      down,
      failed('PROVIDER_AUTH', { details: { httpStatus: 403 } }),
      failed('PROVIDER_QUOTA_EXCEEDED', { details: { httpStatus: 402 } }),
      failed('PROVIDER_RATE_LIMITED', { details: { httpStatus: 429 } } satisfies FormaErrorOptions),
      failed('PROVIDER_BAD_REQUEST', { details: { httpStatus: 400 } }),
    ];
    for (const result of results) await call(result, { times: 100 });
    expect(health.waitMs()).toBe(0);
  });

  it('suspends a model that fails for one tenant for this tenant only', async () => {
    const { health, log, call } = setup();
    await call(down, { times: 100, tenant: 'flooding' });
    await call(answered(), { tenant: 'quiet' });
    expect(health.suspended()).toEqual([{ tenantId: 'flooding', model: 'model' }]);
    expect(log.lines).toMatchObject([{ fields: { scope: 'tenant', tenantId: 'flooding', model: 'model' } }]);
  });

  it('suspends a model that fails for several tenants for everybody, and no other model', async () => {
    const { health, log, call } = setup();
    for (const tenant of ['a', 'b', 'c', 'd']) await call(down, { times: 5, tenant });
    await call(answered(), { times: 20, tenant: 'a', model: 'other' });
    expect(health.suspended()).toEqual([{ tenantId: null, model: 'model' }]);
    expect(log.lines).toMatchObject([
      { fields: { scope: 'model', model: 'model', calls: 20, failures: 20 } },
    ]);
  });

  it('lets retries of a tenant with a model wait once a hundred have started, until one succeeds, and no others', async () => {
    const { health, call } = setup();
    for (let count = 0; count < 100; count += 1) health.spendRetry('a', 'model');
    expect(health.unfunded()).toEqual([{ tenantId: 'a', model: 'model' }]);
    await call(answered(), { tenant: 'b' });
    expect(health.unfunded()).toEqual([{ tenantId: 'a', model: 'model' }]);
    await call(answered(), { tenant: 'a' });
    expect(health.unfunded()).toEqual([]);
  });
});
