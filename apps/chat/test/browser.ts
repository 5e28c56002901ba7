import { existsSync } from 'node:fs';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';

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

/** Sends a message, and waits for nothing. */
export async function ask(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.keyboard.press('Enter');
}

/** Sends a message and waits for the whole answer. */
export async function say(page: Page, text: string): Promise<void> {
  await ask(page, text);
  await page.getByRole('article', { name: 'You' }).getByText(text).first().waitFor();
  await idle(page);
}

/** No answer is being written, and none is awaited. */
export async function idle(page: Page): Promise<void> {
  await page.locator('[role=log][aria-busy=false]').waitFor();
}

/** Waits until so many answers have come to their ends, and no other is awaited. */
export async function wholeAnswer(page: Page, count: number): Promise<void> {
  await answers(page)
    .nth(count - 1)
    .waitFor();
  await idle(page);
}

/** What the agents have said. */
function answers(page: Page): Locator {
  return page.getByRole('article', { name: /desk|master/i });
}

/** All that was said and done in the conversation, word for word. */
export function transcript(page: Page): Promise<string[]> {
  return page.getByRole('log').getByRole('article').allInnerTexts();
}

export function hasFocus(element: Locator): Promise<boolean> {
  return element.evaluate((found) => found === document.activeElement);
}

/** How many turns the panel counts. */
export function turnCount(page: Page): Promise<string> {
  return page.locator('dt', { hasText: 'Turns' }).locator('+ dd').innerText();
}

/** Where the guest writes. */
export function composer(page: Page): Locator {
  return page.getByRole('textbox', { name: /^Message to/ });
}

/** What the page says went wrong. */
export function notice(page: Page): Locator {
  return page.locator('main [role=alert]');
}

/** The guest's own sessions, as the list beside the page has them. */
export function ownSessions(page: Page): Locator {
  return page.getByRole('list', { name: 'Sessions' }).getByRole('listitem');
}

/** The turns in the room panel, newest first. */
export function timeline(page: Page): Locator {
  return page.getByRole('list', { name: 'Turns, newest first' }).locator(':scope > li');
}

/** What the guest has said, as it stands in the conversation. */
export function questions(page: Page): Promise<string[]> {
  return page.getByRole('article', { name: 'You' }).allInnerTexts();
}
