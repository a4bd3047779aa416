import { type HostileCase, manyAs } from './hostile.fixture.ts';

const regex = (name: string, config: unknown, codes: HostileCase['codes'], output = 'abc'): HostileCase => ({
  name: `regex: ${name}`,
  type: 'REGEX',
  config,
  output,
  codes,
});

export const hostileRegexes: HostileCase[] = [
  ...[
    null,
    [],
    'a',
    7,
    {},
    { pattern: 7 },
    { pattern: null },
    { pattern: ['a'] },
    { pattern: 'a', extra: 1 },
    { pattern: 'a', mustMatch: 1 },
    { pattern: 'a', mustMatch: 'true' },
    { regex: 'a' },
  ].map((config) => regex(`${JSON.stringify(config)} in place of a config`, config, ['REGEX_INVALID'])),
  ...['g', 'y', 'z', 'uv', 'ii', 'I', ' ', 'i,m', '\u0000', 7, null, []].map((flags) =>
    regex(`flags ${JSON.stringify(flags)}`, { pattern: 'a', flags }, ['REGEX_INVALID']),
  ),
  ...['(', ')', '[', '*', '+a', '?', 'a**', '(?<n', '(?<=a', '\\', 'a{2,1}', '[b-a]', '(?<n>a)\\k<m>'].map(
    (pattern) => regex(`pattern ${pattern}`, { pattern }, ['REGEX_INVALID']),
  ),
  regex('a property that does not exist', { pattern: '\\p{Nope}', flags: 'u' }, ['REGEX_INVALID']),
  ...[1_001, 100_000].map((length) =>
    regex(`${length} characters`, { pattern: 'a'.repeat(length) }, ['REGEX_TOO_LONG']),
  ),
  regex('nothing to look for', { pattern: '' }, [null]),
  regex('a million repetitions', { pattern: '(a{1000}){1000}' }, [
    'OUTPUT_PATTERN_MISMATCH',
    'REGEX_INVALID',
    'SANDBOX_TIMEOUT',
  ]),
  regex('a repetition beyond all numbers', { pattern: 'a{99999999999999999999}' }, [
    'OUTPUT_PATTERN_MISMATCH',
    'REGEX_INVALID',
  ]),
  regex('400 groups in one another', { pattern: `${'('.repeat(400)}${')'.repeat(400)}` }, [null]),
  ...[
    '^(a+)+$',
    '^(a|a)*$',
    '^(a|aa)+$',
    '(.*a){25}$',
    '^(([a-z])+.)+[A-Z]([a-z])+$',
    '^(?:a?){60}a{60}b',
    '(?=(a+)+$)b',
    '^(\\w+\\s?)*$',
  ].map((pattern) =>
    regex(`${pattern} without end`, { pattern }, ['SANDBOX_TIMEOUT', 'OUTPUT_PATTERN_MISMATCH'], manyAs),
  ),
  regex('four megabytes', { pattern: 'x$' }, ['OUTPUT_PATTERN_MISMATCH'], 'a'.repeat(4_000_000)),
  regex('what must not be there', { pattern: 'b', mustMatch: false }, ['OUTPUT_PATTERN_MISMATCH']),
  regex('looking back', { pattern: '(?<=a)b(?=c)' }, [null]),
  regex('lone surrogates', { pattern: '\ud800' }, ['OUTPUT_PATTERN_MISMATCH'], '\udc00'),
];
