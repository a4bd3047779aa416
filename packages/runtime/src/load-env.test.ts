import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { flag, integer, list, parseEnv } from './load-env.ts';

const schema = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  API_SECRET: z.string().min(20),
  PORT: integer({ min: 1, max: 65_535 }).default(3_000),
  READ_ONLY: flag(true),
  MODELS: list('a, b'),
});
const valid = { DATABASE_URL: 'postgres://localhost/forma', API_SECRET: 'x'.repeat(20) };

function problemsOf(environment: Record<string, string>): string[] {
  const parsed = parseEnv(schema, { ...valid, ...environment });
  return parsed.ok ? [] : parsed.problems;
}

describe('parseEnv', () => {
  it('turns text into numbers, booleans and lists, and fills in defaults', () => {
    const env = { ...valid, PORT: '8080', READ_ONLY: 'false', MODELS: ' x,y ,, z' };
    expect(parseEnv(schema, env)).toEqual({
      ok: true,
      env: { ...valid, PORT: 8_080, READ_ONLY: false, MODELS: ['x', 'y', 'z'] },
    });
    expect(parseEnv(schema, valid)).toMatchObject({
      env: { PORT: 3_000, READ_ONLY: true, MODELS: ['a', 'b'] },
    });
  });

  it('takes an empty variable for one that is not set', () => {
    expect(parseEnv(schema, { ...valid, PORT: '', READ_ONLY: '' })).toMatchObject({ env: { PORT: 3_000 } });
    expect(problemsOf({ DATABASE_URL: '' })).toHaveLength(1);
  });

  it('gives a result that cannot be changed', () => {
    const parsed = parseEnv(schema, valid);
    expect(parsed.ok && Object.isFrozen(parsed.env)).toBe(true);
  });

  it('reports all problems at once, one line each, with the name and what is expected', () => {
    const problems = problemsOf({
      DATABASE_URL: 'mysql://x',
      API_SECRET: 'short',
      PORT: '0',
      READ_ONLY: 'yes',
    });
    expect(problems.map((line) => line.trim().split(':')[0])).toEqual([
      'DATABASE_URL',
      'API_SECRET',
      'PORT',
      'READ_ONLY',
    ]);
    expect(problems.join('\n')).toContain('PORT: must be a whole number from 1 to 65535');
    expect(problems.join('\n')).toContain('READ_ONLY: must be true or false');
  });

  it.each(['abc', '1.5', 'NaN', 'Infinity', '70000', '-1'])('refuses %j as a port', (value) => {
    expect(problemsOf({ PORT: value })).toEqual(['  PORT: must be a whole number from 1 to 65535']);
  });

  it('never repeats a value', () => {
    const secret = 'canary-5f3a';
    const everywhere = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, secret]));
    const problems = problemsOf(everywhere);
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).not.toContain(secret);
  });
});

describe('loadEnv', () => {
  /** In a process of its own, for it may end. */
  function load(environment: Record<string, string>) {
    const script = `
      import { z } from 'zod';
      import { loadEnv } from ${JSON.stringify(import.meta.resolve('./load-env.ts'))};
      const env = loadEnv(z.object({ NAME: z.string(), SECRET: z.string().min(20) }), process.env);
      console.log('loaded ' + env.NAME);`;
    const options = { cwd: import.meta.dirname, env: environment, encoding: 'utf8' as const };
    return spawnSync(process.execPath, ['--input-type=module', '--eval', script], options);
  }

  it('gives the configuration back when it is complete', () => {
    expect(load({ NAME: 'Ada', SECRET: 'x'.repeat(20) })).toMatchObject({
      status: 0,
      stdout: 'loaded Ada\n',
    });
  });

  it('prints every problem to stderr, without values, and ends the process with exit code 78', () => {
    const { status, stdout, stderr } = load({ SECRET: 'canary' });
    expect({ status, stdout }).toEqual({ status: 78, stdout: '' });
    expect(stderr).toMatch(/^The configuration has problems:\n {2}NAME: .+\n {2}SECRET: .+\n$/);
    expect(stderr).not.toContain('canary');
  });
});
