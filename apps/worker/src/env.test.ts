import { createSealingKey } from '@formaops/core';
import { parseEnv } from '@formaops/runtime';
import { describe, expect, it } from '@jest/globals';
import { envSchema } from './env.ts';

const needed = { DATABASE_URL: 'postgres://app@localhost/forma', OPENAI_API_KEY: 'sk-test' };

function read(environment: Record<string, string> = {}) {
  const parsed = parseEnv(envSchema, { ...needed, ...environment });
  if (!parsed.ok) throw new Error(parsed.problems.join('\n'));
  return parsed.env;
}

function problemsOf(environment: Record<string, string>): string[] {
  const parsed = parseEnv(envSchema, environment);
  return parsed.ok ? [] : parsed.problems.map((line) => line.trim());
}

/** The variables that have a problem. */
function namesOf(problems: string[]): string[] {
  return problems.map((line) => line.split(':')[0] ?? '');
}

describe('envSchema', () => {
  it('needs the database and the key of the model, and has a default for all else', () => {
    expect(read()).toMatchObject({
      NODE_ENV: 'production',
      OPENAI_BASE_URL: 'https://api.openai.com/v1',
      OPENAI_STREAM_USAGE: true,
      MODEL_PRICES: [],
      WORKER_CONCURRENCY: 10,
      WORKER_ID: expect.stringMatching(/^[\w.-]{1,100}$/),
      LEASE_MS: 30_000,
      HEARTBEAT_MS: 10_000,
      SHUTDOWN_GRACE_MS: 20_000,
    });
    expect(namesOf(problemsOf({}))).toEqual(['DATABASE_URL', 'OPENAI_API_KEY']);
  });

  it('tells all problems at once', () => {
    const problems = problemsOf({
      DATABASE_URL: 'mysql://localhost',
      QUEUE_URL: 'amqp://localhost',
      OPENAI_BASE_URL: 'localhost',
      OPENAI_STREAM_USAGE: 'yes',
      MODEL_PRICES: 'my-model',
      WORKER_CONCURRENCY: '0',
      WORKER_ID: 'a b',
      LEASE_MS: 'soon',
      HEALTH_PORT: '70000',
    });
    expect(namesOf(problems)).toEqual([
      'DATABASE_URL',
      'QUEUE_URL',
      'OPENAI_BASE_URL',
      'OPENAI_API_KEY',
      'OPENAI_STREAM_USAGE',
      'MODEL_PRICES',
      'WORKER_CONCURRENCY',
      'WORKER_ID',
      'LEASE_MS',
      'HEALTH_PORT',
    ]);
    expect(problems).toContain('QUEUE_URL: must be a redis:// or postgres:// address');
    expect(problems).toContain('WORKER_CONCURRENCY: must be a whole number from 1 to 10000');
  });

  it('repeats no value, for it may be a secret', () => {
    const secret = 'canary://5f3a';
    const everywhere = Object.fromEntries(Object.keys(envSchema.shape).map((name) => [name, secret]));
    const problems = problemsOf(everywhere);
    expect(problems.length).toBeGreaterThan(15);
    expect(problems.join('\n')).not.toMatch(/canary|5f3a/);
  });

  it('reads prices by model, with blanks and slashes where names have them', () => {
    expect(read({ MODEL_PRICES: 'org/my-model=0.10/0.40, local:7b=0/0' }).MODEL_PRICES).toEqual([
      { model: 'org/my-model', inputPerMillion: '0.10', outputPerMillion: '0.40' },
      { model: 'local:7b', inputPerMillion: '0', outputPerMillion: '0' },
    ]);
  });

  it.each(['my-model', 'my-model=1', 'my-model=1/', '=1/2', 'my-model=-1/2', 'm=1e3/2', 'm=0.1234567/1'])(
    'refuses %j as a price',
    (entry) => {
      expect(problemsOf({ ...needed, MODEL_PRICES: `good=1/2,${entry}` })).toEqual([
        'MODEL_PRICES: must look like my-model=0.10/0.40,other-model=1/2',
      ]);
    },
  );

  it('takes the addresses of both kinds of queue', () => {
    for (const url of ['redis://localhost', 'rediss://localhost:6380/2', 'postgresql://localhost/queue'])
      expect(read({ QUEUE_URL: url }).QUEUE_URL).toBe(url);
  });

  it('refuses a first retry that may wait longer than any', () => {
    expect(problemsOf({ ...needed, RETRY_BASE_MS: '500', RETRY_CAP_MS: '499' })).toEqual([
      'RETRY_BASE_MS: must be at most RETRY_CAP_MS',
    ]);
    expect(read()).toMatchObject({ RETRY_BASE_MS: 1_000, RETRY_CAP_MS: 60_000 });
  });

  it('refuses heartbeats so rare that a lease runs out between two of them', () => {
    expect(problemsOf({ ...needed, LEASE_MS: '5000' })).toEqual([
      'HEARTBEAT_MS: must be at most a third of LEASE_MS',
    ]);
    expect(read({ LEASE_MS: '6000', HEARTBEAT_MS: '2000' })).toMatchObject({ HEARTBEAT_MS: 2_000 });
  });

  it('makes keys of the texts that webhooks are sealed with, and has none unless told', () => {
    expect(read()).toMatchObject({ WEBHOOK_SECRET_KEY: [], WEBHOOK_ALLOW_PRIVATE: false });
    const [text, old] = ['n'.repeat(32), 'o'.repeat(44)];
    const { WEBHOOK_SECRET_KEY: keys } = read({ WEBHOOK_SECRET_KEY: `${text},${old}` });
    expect(keys.map(({ id }) => id)).toEqual([createSealingKey(text).id, createSealingKey(old).id]);
    const problems = problemsOf({ ...needed, WEBHOOK_SECRET_KEY: `${text},short` });
    expect(problems).toEqual(['WEBHOOK_SECRET_KEY: must have at least 32 characters']);
  });
});
