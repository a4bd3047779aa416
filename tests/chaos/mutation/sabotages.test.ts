import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { rules } from '../check/check.ts';
import { repositoryRoot } from '../rig/repository-root.ts';
import { applyEdit } from './apply-edit.ts';
import { sabotages } from './sabotages.ts';

describe('sabotages', () => {
  it.each(sabotages)('$name still fits the sources', ({ edits }) => {
    const sources = new Map<string, string>();
    for (const edit of edits) {
      const source = sources.get(edit.file) ?? readFileSync(join(repositoryRoot, edit.file), 'utf8');
      sources.set(edit.file, applyEdit(source, edit));
    }
    expect(sources.size).toBeGreaterThan(0);
  });

  it('are to be caught by rules that exist', () => {
    const known = rules.map(({ id }) => id);
    expect(known).toEqual(expect.arrayContaining(sabotages.flatMap(({ caughtBy }) => caughtBy)));
  });
});

describe('applyEdit', () => {
  const edit = { file: 'a.ts', find: 'x', replace: 'y' };

  it('replaces the one place', () => expect(applyEdit('axb', edit)).toBe('ayb'));

  it.each(['ab', 'axbx'])('refuses where there is not exactly one: %s', (source) => {
    expect(() => applyEdit(source, edit)).toThrow('a.ts does not have this exactly once');
  });
});
