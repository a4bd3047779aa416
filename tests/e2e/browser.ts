import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureChromium } from '@formaops/local-services';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const state = join(import.meta.dirname, '../../.formaops');
const screenshots = join(state, 'test/screenshots');

/** A browser; what it needs is fetched where it is missing. */
export async function startBrowser(): Promise<Browser> {
  const { executablePath, env, args } = await ensureChromium({ cacheDir: join(state, 'cache') });
  await mkdir(screenshots, { recursive: true });
  return chromium.launch({
    executablePath,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    args: [...args],
  });
}

/** A page, what it complained about, and the addresses that it asked. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}) {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  // Violations of the Content-Security-Policy are told here, too.
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('request', (request) => asked.push(request.url()));
  return { page, complaints, asked };
}

/** Keeps a picture of a page for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}
