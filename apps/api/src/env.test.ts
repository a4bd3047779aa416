import { parseEnv } from '@formaops/runtime';
import { describe, expect, it } from '@jest/globals';
import { envSchema } from './env.ts';

const required = { DATABASE_URL: 'postgres://formaops@db/formaops' };

/** The names of the variables that are refused. */
function refused(environment: Record<string, string>): string[] {
  const result = parseEnv(envSchema, { ...required, ...environment });
  return result.ok ? [] : result.problems.map((line) => line.trim().split(':')[0] ?? '');
}

describe('the configuration', () => {
  it('needs nothing but a database', () => {
    expect(parseEnv(envSchema, required)).toMatchObject({
      ok: true,
      env: { HOST: '127.0.0.1', PORT: 3000, DEFAULT_MODEL: 'gpt-4o-mini', BOARD_READ_ONLY: true },
    });
    expect(refused({ DATABASE_URL: '' })).toEqual(['DATABASE_URL']);
  });

  it.each([
    ['DATABASE_URL', 'postgresql://db/x'],
    ['QUEUE_URL', 'redis://:secret@cache:6379/0'],
    ['QUEUE_URL', 'rediss://cache'],
    ['QUEUE_URL', 'postgres://db/x'],
    ['DATABASE_DIRECT_URL', 'postgres://db/x'],
    ['ADMIN_PORT', '0'],
    ['BOARD_PASSWORD', 'twelve chars'],
    ['BOARD_READ_ONLY', 'false'],
    ['SHUTDOWN_GRACE_MS', '0'],
    ['CORS_ORIGINS', 'https://app.example.com, http://localhost:5173'],
    ['CORS_ORIGINS', ''],
    ['PLAN_LIMITS', 'FREE.maxCostUsdPerDay=0.5,FREE.requestsPerMinute=none'],
  ])('takes %s=%s', (name, value) => {
    expect(refused({ [name]: value })).toEqual([]);
  });

  it.each([
    ['DATABASE_URL', 'mysql://db/x'],
    ['DATABASE_URL', 'db'],
    ['QUEUE_URL', 'http://cache'],
    ['DATABASE_DIRECT_URL', 'redis://cache'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['DATABASE_POOL_MAX', '1'],
    ['ADMIN_PORT', 'x'],
    ['BOARD_PASSWORD', 'elevenchars'],
    ['BOARD_READ_ONLY', 'no'],
    ['LOG_LEVEL', 'verbose'],
    ['SHUTDOWN_GRACE_MS', '600001'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'app.example.com'],
    ['CORS_ORIGINS', 'https://app.example.com/'],
    ['CORS_ORIGINS', 'https://App.example.com'],
    ['CORS_ORIGINS', 'https://app.example.com:443'],
    ['CORS_ORIGINS', 'ftp://app.example.com'],
    ['PLAN_LIMITS', 'FREE.maxCostUsdPerDay=1USD'],
  ])('refuses %s=%s', (name, value) => {
    expect(refused({ [name]: value })).toEqual([name]);
  });

  it('reads a list of models', () => {
    expect(parseEnv(envSchema, { ...required, ALLOWED_MODELS: ' a, b*,,' })).toMatchObject({
      env: { ALLOWED_MODELS: ['a', 'b*'] },
    });
  });
});
