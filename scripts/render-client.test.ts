import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { clientFiles, readGenerated } from './render-client.ts';

describe('the generated part of the client', () => {
  it('is made of docs/api/openapi.json; where it is not, run `node scripts/render-docs.ts`', async () => {
    const { rendered, stamp } = await clientFiles();
    for (const [name, text] of Object.entries(rendered)) expect(await readGenerated(name)).toBe(text);
    const [first, second] = (await readGenerated('openapi.ts')).split('\n');
    expect([first, second]).toEqual([stamp, expect.stringMatching(/^\/\/ Text: SHA-256 /)]);
  });

  it('is not changed by hand', async () => {
    const [, second, ...rest] = (await readGenerated('openapi.ts')).split('\n');
    expect(second).toBe(`// Text: SHA-256 ${hash('sha256', rest.join('\n'))}`);
  });
});
