import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { attemptOf, faultNames, faultsAt, parseFaults, splitModel } from './faults.ts';

describe('parseFaults', () => {
  it('reads names, values and blanks around them', () => {
    expect(parseFaults(' latency=20 , hang,status=429,retry-after=-1')).toEqual({
      latency: 20,
      hang: true,
      status: 429,
      'retry-after': '-1',
    });
  });

  it('reads nothing from an empty list', () => {
    expect(parseFaults(',')).toEqual({});
  });

  it('counts a name that is given twice as given last', () => {
    expect(parseFaults('drip=1,drip=2')).toEqual({ drip: 2 });
  });

  it('refuses an unknown fault and lists the known ones', () => {
    expect(() => parseFaults('latenci=1')).toThrow(/unknown fault: latenci.*latency, hang, status/);
  });

  it.each([
    'latency',
    'latency=-1',
    'latency=1.5',
    'latency=99999999',
    'hang=1',
    'status=200',
    'status=600',
    'retry-after=2',
    'code=x',
    'status=500,code=a b',
    'huge=0',
    'chunks=0',
    'first=10000',
    '__proto__=1',
  ])('refuses %s with status 400', (list) => {
    expect(() => parseFaults(list)).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe('splitModel', () => {
  it.each([
    ['gpt-4o', 'gpt-4o', ''],
    ['gpt-4o:hang', 'gpt-4o', 'hang'],
    ['ft:gpt-4o:me::id:hang', 'ft:gpt-4o:me::id', 'hang'],
    ['ft:gpt-4o:me::id:', 'ft:gpt-4o:me::id', ''],
  ])('splits %s at its last colon', (model, base, faultList) => {
    expect(splitModel(model)).toEqual({ base, faultList });
  });
});

describe('attemptOf', () => {
  it.each([
    [null, 1],
    ['0198-execution', 1],
    ['0198a1b2-7c3d-7e4f-8a5b-123456789012', 1],
    ['0198a1b2-7c3d-7e4f-8a5b-123456789012-3', 3],
    ['e-0012', 12],
  ])('reads the attempt at the end of %s', (key, attempt) => {
    expect(attemptOf(key)).toBe(attempt);
  });
});

describe('faultsAt', () => {
  it('keeps the faults up to the attempt that first names, and drops all after it', () => {
    const faults = { status: 429, first: 2 };
    expect([1, 2, 3].map((attempt) => faultsAt(attempt, faults))).toEqual([faults, faults, {}]);
  });

  it('keeps what says what the answer is', () => {
    expect(faultsAt(2, { status: 429, echo: true, sign: true, first: 1 })).toEqual({
      echo: true,
      sign: true,
    });
  });

  it('keeps the faults for ever without first', () => {
    expect(faultsAt(9_999, { hang: true })).toEqual({ hang: true });
  });
});

describe('the README', () => {
  it('explains every fault and no other', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const table = readme.slice(readme.search(/^\| fault /m));
    expect(Array.from(table.matchAll(/^\| `([\w-]+)/gm), ([, name]) => name)).toEqual(faultNames);
  });
});
