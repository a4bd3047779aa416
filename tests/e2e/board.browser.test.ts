import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { backends } from './backends.ts';
import { screenshot, startBrowser } from './browser.ts';
import { boardCredential, startStack, type TestStack } from './stack.ts';

const secretText = 'canary-input-that-no-operator-may-see';
let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
});

describe.each(backends)('Bull Board with the queue on %s, in a browser', (backend) => {
  it('asks for the operator password, and shows nothing without it', async () => {
    await using stack = await startStack(backend);
    const page = await browser.newPage();
    // What Chromium says to a 401 when it has no credential to offer.
    await expect(page.goto(stack.boardUrl)).rejects.toThrow('ERR_INVALID_AUTH_CREDENTIALS');
    await page.close();
  });

  it('shows the queue, leads from a job to its execution, and never shows inputs or output', async () => {
    await using stack = await startStack(backend);
    await stack.startWorker();
    const execution = await stack.submit(
      { inputs: { text: secretText }, model: 'gpt-4o-mini:echo' },
      '?wait=25',
    );
    expect(execution.output).toContain(secretText);

    const { page, complaints } = await openPage(stack);
    await page.goto(`${stack.boardUrl}/queue/executions?status=completed`);
    const link = page.getByRole('link', { name: 'Execution', exact: true }).first();
    await link.waitFor();
    const shown = await page.locator('body').textContent();
    expect(shown).toContain(execution.id);
    expect(shown).not.toContain(secretText);
    // Read-only: nothing that changes a job.
    expect(
      await page
        .getByRole('button', { name: /retry|remove|clean|promote|pause|obliterate|add job/i })
        .count(),
    ).toBe(0);
    await screenshot(page, `board-${backend}`);

    const href = await link.getAttribute('href');
    await page.goto(new URL(href ?? '', stack.apiUrl).href);
    const text = await page.locator('body').textContent();
    for (const expected of [
      execution.id,
      'COMPLETED',
      'SKIPPED',
      'SUCCEEDED',
      'Model answered',
      'Execution completed',
      `${execution.costUsd} USD`,
    ]) {
      expect(text).toContain(expected);
    }
    expect(await page.content()).not.toContain(secretText);
    await screenshot(page, `execution-${backend}`);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

/** A page that is signed in, and what its console complained about. */
async function openPage(stack: TestStack): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({
    httpCredentials: {
      username: boardCredential.user,
      password: boardCredential.password,
      origin: stack.apiUrl,
    },
  });
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}
