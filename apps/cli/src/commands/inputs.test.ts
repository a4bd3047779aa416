import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Context } from '../context.ts';
import { asObject, type InputFlags, readInputs } from './inputs.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'formaops-cli-'));
});
afterEach(() => rm(dir, { recursive: true }));

const ignore = () => undefined;
const nobody = { print: ignore, write: ignore, say: ignore, progress: ignore, columns: undefined };
const variables = [
  { name: 'text', type: 'string' as const },
  { name: 'count', type: 'number' as const },
  { name: 'tags', type: 'array' as const },
];

function read(flags: InputFlags, stdin = '') {
  const context = new Context(
    { screen: nobody, env: {}, stdin: Readable.from([stdin]), signal: new AbortController().signal },
    {},
  );
  return readInputs(flags, variables, context);
}

describe('readInputs', () => {
  it('takes values by the types of their variables', async () => {
    expect(await read({ input: ['text=5', 'count=5', 'tags=["a"]', 'unknown=x=y'] })).toEqual({
      text: '5',
      count: 5,
      tags: ['a'],
      unknown: 'x=y',
    });
  });

  it('takes a whole object from a file or from what is piped in, and single values over it', async () => {
    const file = join(dir, 'inputs.json');
    await writeFile(file, '{"text":"from file","count":1}');
    expect(await read({ inputs: file, input: ['count=2'] })).toEqual({ text: 'from file', count: 2 });
    expect(await read({ inputs: '-' }, '{"text":"piped"}')).toEqual({ text: 'piped' });
  });

  it('takes the content of a file as a value, also of one that is not text', async () => {
    const file = join(dir, 'main.go');
    await writeFile(file, 'package main\n');
    const tags = join(dir, 'tags.json');
    await writeFile(tags, '["a","b"]');
    expect(await read({ input: [`text=@${file}`, `tags=@${tags}`] })).toEqual({
      text: 'package main\n',
      tags: ['a', 'b'],
    });
  });

  it('says what it cannot read', async () => {
    await expect(read({ input: ['text'] })).rejects.toThrow('name=value');
    await expect(read({ input: ['count=many'] })).rejects.toThrow('--input count is not valid JSON');
    await expect(read({ inputs: join(dir, 'missing.json') })).rejects.toThrow('cannot be read');
    await expect(read({ inputs: '-' }, '[]')).rejects.toThrow('must be a JSON object');
    await expect(read({ input: ['text=@/does/not/exist'] })).rejects.toThrow('cannot be read');
  });

  it('is not led astray by names such as __proto__', async () => {
    const inputs = await read({ input: ['__proto__=x'] });
    expect(Object.keys(inputs)).toEqual(['__proto__']);
    expect(asObject({ a: 1 }, 'x')).toEqual({ a: 1 });
  });
});
