import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { openPage, screenshot, startBrowser } from './browser.ts';
import { startStack } from './stack.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
}, 240_000);
afterAll(async () => {
  await browser?.close();
});

describe('/docs in a browser', () => {
  it('shows every operation, and asks nobody but the API', async () => {
    await using stack = await startStack('postgres');
    const { page, complaints, asked } = await openPage(browser);
    await page.goto(`${stack.apiUrl}/docs`);
    await page.getByRole('heading', { name: /FormaOps/ }).waitFor();
    const document = (await (await fetch(`${stack.apiUrl}/openapi.json`)).json()) as { paths: object };
    const count = Object.values(document.paths).flatMap((methods) => Object.keys(methods)).length;
    await page
      .locator('.opblock')
      .nth(count - 1)
      .waitFor();
    expect(await page.locator('.opblock').count()).toBe(count);
    await screenshot(page, 'docs');
    const operation = page.locator('#operations-Executions-submitExecution');
    await operation.locator('.opblock-summary-control').click();
    await operation.getByText('BACKLOG_LIMIT').first().waitFor();
    await screenshot(page, 'docs-operation');
    expect(
      asked.filter((address) => !address.startsWith(stack.apiUrl) && !address.startsWith('data:')),
    ).toEqual([]);
    expect(complaints).toEqual([]);
    await page.getByRole('link', { name: 'Errors' }).click();
    await page.getByRole('heading', { name: 'NOT_FOUND' }).waitFor();
    await page.close();
  });

  it('makes a call with a key that is typed in, and forgets the key', async () => {
    await using stack = await startStack('postgres');
    const { page, complaints } = await openPage(browser);
    await page.goto(`${stack.apiUrl}/docs`);
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.locator('.auth-container input').fill(stack.user.apiKey);
    await page.locator('.auth-container').getByRole('button', { name: 'Apply credentials' }).click();
    await page.locator('.modal-ux').getByRole('button', { name: 'Close' }).last().click();
    const operation = page.locator('#operations-Prompts-listPrompts');
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    await operation.locator('.live-responses-table').getByText(stack.promptId).first().waitFor();
    await screenshot(page, 'docs-try');
    const kept = await page.evaluate(
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])',
    );
    expect(kept).not.toContain(stack.user.apiKey);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
