import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

export const laptop = { width: 1440, height: 900 };
export const phone = { width: 390, height: 844 };

const candidates = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = candidates.find((path) => path !== '' && existsSync(path));
/** Behind the name of a suite: why it is skipped, if it is. */
export const reason =
  executablePath === undefined ? ' (skipped: no Chromium; `apt install chromium`, or set CHROMIUM_PATH)' : '';
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const isBrowserMissing = executablePath === undefined;

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ ...(executablePath && { executablePath }), args: quiet });
}

/** A page of somebody who was never here before. */
export async function newGuest(browser: Browser, viewport = laptop): Promise<Page> {
  const context = await browser.newContext({ viewport });
  return context.newPage();
}

/** Sends a message and waits for the whole answer. */
export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox').fill(text);
  await page.keyboard.press('Enter');
  await page.getByText(text).first().waitFor();
  await idle(page);
}

/** No answer is being written, and none is awaited. */
export async function idle(page: Page): Promise<void> {
  await page.locator('[role=log][aria-busy=false]').waitFor();
}

/** What the guest has said, as it stands in the conversation. */
export function questions(page: Page): Promise<string[]> {
  return page.getByRole('article', { name: 'You' }).allInnerTexts();
}
