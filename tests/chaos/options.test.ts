import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.ts';

const read = (...args: string[]) => readOptions(args, () => 7);

describe('readOptions', () => {
  it('runs smoke on both backends with a new seed when nothing is said', () => {
    expect(read()).toMatchObject({ profile: 'smoke', backends: ['redis', 'postgres'], seed: 7 });
  });

  it('takes what is said', () => {
    const said = [
      '--profile',
      'mixed',
      '--backend',
      'postgres',
      '--seed',
      '42',
      '--minutes',
      '0.5',
      '--rate',
      '9',
    ];
    expect(read(...said)).toMatchObject({
      profile: 'mixed',
      backends: ['postgres'],
      seed: 42,
      minutes: 0.5,
      rate: 9,
    });
  });

  it.each([
    [['--profile', 'none'], '--profile must be one of smoke'],
    [['--backend', 'sqlite'], '--backend must be one of'],
    [['--seed', 'x'], '--seed must be a number'],
    [['--seed', '1.5'], '--seed must be a whole number'],
    [['--rate', '0'], '--rate must be a number above 0'],
    [['--unknown'], 'npm run chaos --'],
  ])('refuses %j in plain words', (args, message) => {
    expect(() => read(...args)).toThrow(message);
  });
});
