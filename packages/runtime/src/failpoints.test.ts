import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createFailpoint, failpoints } from './failpoints.ts';

const module = join(import.meta.dirname, 'failpoints.ts');

/** Runs a process that comes by a failpoint and then writes a line. */
function comeBy(name: string, chances: string) {
  const script = `
    import { createFailpoint, failpoints } from ${JSON.stringify(module)};
    const failpoint = createFailpoint(failpoints.parse(${JSON.stringify(chances)}), () => 0.5);
    failpoint(${JSON.stringify(name)});
    setTimeout(() => console.log('alive'), 50);`;
  return spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
}

describe('failpoints', () => {
  it('reads names with their chances', () => {
    expect(failpoints.parse('after_claim:0.01, before_ack:1')).toEqual(
      new Map([
        ['after_claim', 0.01],
        ['before_ack', 1],
      ]),
    );
    expect(failpoints.parse(undefined)).toEqual(new Map());
  });

  it.each(['nowhere:1', 'after_claim', 'after_claim:2', 'after_claim:x', 'after_claim:-0.1'])(
    'refuses %s',
    (text) => {
      expect(failpoints.safeParse(text).success).toBe(false);
    },
  );
});

describe('createFailpoint', () => {
  it('does nothing without a chance', () => {
    expect(() => createFailpoint(new Map(), () => 0)('after_claim')).not.toThrow();
  });

  it.each(['before_call', 'during_finish'])('kills the process at %s and says so', (name) => {
    const { signal, stdout, stderr } = comeBy(name, `${name}:1`);
    expect({ signal, stdout }).toEqual({ signal: 'SIGKILL', stdout: '' });
    expect(stderr).toContain(`{"failpoint":"${name}"}\n`);
  });

  it('lets the process live where chance or the name spares it', () => {
    expect(comeBy('before_call', 'before_call:0.5')).toMatchObject({ signal: null, stdout: 'alive\n' });
    expect(comeBy('before_call', 'after_call:1')).toMatchObject({ signal: null, stdout: 'alive\n' });
  });
});
