import { parseEnv } from '@formaops/runtime';
import { describe, expect, it } from '@jest/globals';
import {
  type ProcessName,
  processes,
  readSettings,
  renderConfiguration,
} from '../../scripts/render-configuration.ts';
import { readRepositoryFile } from './deployment.ts';

const names = Object.keys(processes) as ProcessName[];
const read = await Promise.all(names.map((name) => readSettings(name)));
const lines = (await readRepositoryFile('.env.example')).matchAll(/^(#?)([A-Z_]+)=(.*)$/gm);
const examples = [...lines].map(([, mark, name = '', value = '']) => ({
  isActive: mark === '',
  name,
  value,
}));
const compose = await readRepositoryFile('docker-compose.yml');
const interpolated = [...new Set([...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name = '']) => name))];

describe('docs/configuration.md', () => {
  it('says what the processes read', async () => {
    expect(await readRepositoryFile('docs/configuration.md')).toBe(await renderConfiguration());
  });

  it.each(names)('explains every setting of %s', async (name) => {
    const { settings } = await readSettings(name);
    const unexplained = Object.entries(settings).filter(([, { description }]) => !description);
    expect(unexplained).toEqual([]);
  });
});

describe('.env.example', () => {
  it('names only what a process or docker-compose.yml reads, and each once', () => {
    const known = new Set([...read.flatMap(({ settings }) => Object.keys(settings)), ...interpolated]);
    const listed = examples.map(({ name }) => name);
    expect(listed.filter((name) => !known.has(name))).toEqual([]);
    expect(listed).toEqual([...new Set(listed)]);
  });

  it('has a line for everything without which a process does not start', () => {
    const active = examples.filter(({ isActive }) => isActive).map(({ name }) => name);
    expect(active).toEqual(expect.arrayContaining(read.flatMap(({ required }) => required)));
  });

  it('has a line for everything that docker-compose.yml asks for', () => {
    expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining(interpolated));
  });

  it.each(names)('is accepted by %s once the blanks are filled in', async (name) => {
    const { envSchema } = await import(`../../apps/${name}/src/env.ts`);
    const filled = examples.map(({ name, value }) => [
      name,
      value || 'a password of more than 32 characters',
    ]);
    expect(parseEnv(envSchema, Object.fromEntries(filled))).toMatchObject({ ok: true });
  });
});
