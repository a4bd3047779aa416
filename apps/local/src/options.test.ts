import { describe, expect, it } from '@jest/globals';
import { parseOptions, usage } from './options.ts';

/** What is wrong with the arguments. */
function problemOf(...args: string[]): string {
  const parsed = parseOptions(args);
  return typeof parsed === 'object' && 'problem' in parsed ? parsed.problem : 'nothing';
}

describe('parseOptions', () => {
  it('starts one worker and the API on port 3000 unless asked otherwise', () => {
    expect(parseOptions([])).toEqual({ port: 3_000, workers: 1, once: false });
  });

  it('reads what is asked for', () => {
    expect(parseOptions(['--port', '8080', '--workers=4', '--once'])).toEqual({
      port: 8_080,
      workers: 4,
      once: true,
    });
  });

  it.each([
    ['--port', '0'],
    ['--port', '65535'],
    ['--workers', '0'],
    ['--workers', '32'],
  ])('takes %s %s', (name, value) => {
    expect(parseOptions([name, value])).toMatchObject({ [name.slice(2)]: Number(value) });
  });

  it.each(['65536', '-1', '1.5', '1e3', 'http', '', ' 80', '0x50'])('refuses %j as a port', (value) => {
    expect(problemOf(`--port=${value}`)).toBe('--port must be a whole number from 0 to 65535');
  });

  it.each(['33', '-1', 'two', ''])('refuses %j as a number of workers', (value) => {
    expect(problemOf(`--workers=${value}`)).toBe('--workers must be a whole number from 0 to 32');
  });

  it('refuses to run the sample without a worker', () => {
    expect(problemOf('--once', '--workers', '0')).toBe('--once needs a worker to run the sample');
  });

  it.each([
    [['--colour'], "Unknown option '--colour'"],
    [['start'], "Unexpected argument 'start'"],
    [['--port'], "Option '--port <value>' argument missing"],
    [['--once=yes'], "Option '--once' does not take an argument"],
  ])('says what it does not understand about %j', (args, text) => {
    expect(problemOf(...args)).toContain(text);
  });

  it('asks for help whatever else is given, and the help names every option', () => {
    expect(parseOptions(['--help', '--port', 'none'])).toBe('help');
    for (const name of ['--port', '--workers', '--once', '--help']) expect(usage).toContain(name);
  });
});
