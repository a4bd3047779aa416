import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogue, executionStatuses, legalMoves } from '@formaops/core';
import { describe, expect, it } from '@jest/globals';
import { renderDocs } from './render-docs.ts';

describe('renderDocs', () => {
  it('gives what the documents say; where it does not, run `node scripts/render-docs.ts`', async () => {
    for (const [path, text] of Object.entries(await renderDocs())) {
      expect(await readFile(join(import.meta.dirname, '..', path), 'utf8')).toBe(text);
    }
  });

  it('gives every error code an anchor', async () => {
    const { 'docs/errors.md': errors } = await renderDocs();
    for (const code of Object.keys(catalogue)) expect(errors).toContain(`<a id="${code}"></a>`);
  });

  it('explains every status and draws every move', async () => {
    const { 'docs/state-machine.md': machine } = await renderDocs();
    for (const status of executionStatuses) expect(machine).toContain(`- \`${status}\`: `);
    for (const [from, to] of legalMoves()) expect(machine).toContain(`  ${from} --> ${to}: `);
  });
});
