import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.ts';

const secret = 'canary-5f3a';

function setup(level: 'debug' | 'info' | 'silent' = 'debug') {
  const written: string[] = [];
  const log = createLogger({
    name: 'test',
    level,
    destination: { write: (line) => void written.push(line) },
  });
  return { log, text: () => written.join(''), lines: () => written.map((line) => JSON.parse(line)) };
}

describe('createLogger', () => {
  it('writes one JSON object a line, with the name of the process, the fields and the message', () => {
    const { log, lines } = setup();
    log.child({ requestId: 'r1' }).info({ durationMs: 3 }, 'request answered');
    expect(lines()).toEqual([
      expect.objectContaining({ name: 'test', requestId: 'r1', durationMs: 3, msg: 'request answered' }),
    ]);
  });

  it('stays silent below its level', () => {
    const { log, lines } = setup('info');
    log.debug({}, 'not written');
    log.info({}, 'written');
    expect(lines()).toHaveLength(1);
  });

  it.each([
    'apiKey',
    'authorization',
    'password',
    'inputs',
    'context',
    'output',
    'prompt',
    'template',
    'body',
    'headers',
  ])('lets no %s through, at the top, one and two levels down, or bound to a child', (name) => {
    const { log, text, lines } = setup();
    log.info({ [name]: secret }, 'top');
    log.info({ a: { [name]: { deep: secret } } }, 'one level down');
    log.info({ a: { b: { [name]: [secret] } } }, 'two levels down');
    log.child({ [name]: secret }).info({}, 'bound');
    expect(lines()).toHaveLength(4);
    expect(text()).not.toContain(secret);
    expect(text()).toContain('[redacted]');
  });

  it('leaves everything else beside a secret as it is', () => {
    const { log, lines } = setup();
    log.info({ a: { prompt: secret, constructor: 1, b: { n: 2 } }, c: [3] }, 'one');
    expect(lines()[0]).toMatchObject({ a: { prompt: '[redacted]', constructor: 1, b: { n: 2 } } });
  });

  it('keeps what vendors attach to their errors out: bodies, headers, requests', () => {
    const { log, text, lines } = setup();
    const request = { headers: { authorization: secret }, body: secret };
    const vendor = Object.assign(new Error('call failed'), {
      status: 500,
      code: 'E1',
      request,
      config: secret,
    });
    log.error({ err: new Error('attempt failed', { cause: vendor }) }, 'attempt failed');
    log.error(vendor, 'logged without a name');
    expect(text()).not.toContain(secret);
    expect(lines()[0].err).toMatchObject({
      type: 'Error',
      message: 'attempt failed',
      cause: { code: 'E1', message: 'call failed', stack: expect.stringContaining('logger.test.ts') },
    });
    expect(Object.keys(lines()[1].err)).toEqual(['type', 'code', 'message', 'stack']);
  });

  it.each([
    `connect to postgres://forma:${secret}@db:5432/forma failed`,
    `connect to redis://:${secret}@cache failed`,
    `connect to postgres://forma:a@${secret}@db/forma failed`,
    `key fo_live_${secret} is not valid`,
    `Incorrect API key provided: sk-proj-${secret}`,
  ])('takes the credential out of an error that says "%s"', (message) => {
    const { log, text } = setup();
    log.error({ err: new Error(message, { cause: new Error(message) }) }, 'failed');
    expect(text()).not.toContain(secret);
    expect(text()).toContain('[redacted]');
  });

  it('says of a thrown value that is no error only what type it has', () => {
    const { log, lines, text } = setup();
    log.error({ err: secret }, 'failed');
    log.error({ err: { apiToken: secret } }, 'failed');
    expect(text()).not.toContain(secret);
    expect(lines().map((line) => line.err)).toEqual([{ type: 'string' }, { type: 'object' }]);
  });

  it.each([
    ['goes on to its end', ''],
    ['exits at once', 'process.exit(0);'],
    ['fails', "throw new Error('oops');"],
  ])('writes every line to standard output when the process %s', (_, end) => {
    const script = `
      import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'logger.ts'))};
      const log = createLogger({ name: 'test', level: 'info' });
      log.info({}, 'one');
      setImmediate(() => { log.info({}, 'two'); log.info({}, 'three'); ${end} });`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    const messages = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).msg);
    expect(messages).toEqual(['one', 'two', 'three']);
  });
});
