import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppServer } from './app-server.ts';
import { idle, isBrowserMissing, launchBrowser, newGuest, questions, reason, say } from './browser.ts';
import { ModelServer } from './model-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-lost-'));
const shots = join(import.meta.dirname, '../test-results/shots');
mkdirSync(shots, { recursive: true });
const slowEnv = (database: string, delayMs = 100) => ({
  STATEROOM_SQLITE_PATH: join(folder, database),
  STATEROOM_MODEL: 'scripted',
  STATEROOM_SCRIPTED_DELAY_MS: String(delayMs),
});

describe.skipIf(isBrowserMissing)(`what a page lost, and finds again${reason}`, { timeout: 120_000 }, () => {
  let server: AppServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await AppServer.start(slowEnv('app.db'));
    browser = await launchBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  it('is found as it was left by Back and Forward, over a new session and another agent', async () => {
    const page = await newGuest(browser);
    await page.goto(`${server.url}/support`);
    await say(page, 'Where is order 1001?');
    await page.getByRole('link', { name: 'New session' }).click();
    await page.getByText('Nothing said yet.').waitFor();
    await page.getByRole('link', { name: 'Game master' }).click();
    await page.getByRole('heading', { level: 1, name: 'Game master' }).waitFor();
    await say(page, 'Look around');
    await page.goBack();
    await page.getByText('Nothing said yet.').waitFor();
    await page.goBack();
    await page.getByText('Where is order 1001?', { exact: true }).waitFor();
    await page.getByRole('article', { name: 'Support desk' }).waitFor();
    expect(await turns(page)).toBe('1');
    await page.goForward();
    await page.goForward();
    await page.getByRole('article', { name: 'Game master' }).waitFor();
    expect(await questions(page)).toEqual(['Look around']);
  });

  it('is the answer to a message that was left in its midst, by a link or by a reload', async () => {
    const page = await newGuest(browser);
    await page.goto(`${server.url}/support`);
    await ask(page, 'Where is order 1001?');
    await page.getByRole('link', { name: 'New session' }).click();
    await page.getByText('Nothing said yet.').waitFor();
    await page.goBack();
    await wholeAnswer(page, 1);
    expect(await questions(page)).toEqual(['Where is order 1001?']);

    await ask(page, 'What is the policy?');
    await page.getByText('is writing').waitFor();
    await page.reload();
    await page.getByText('is writing').waitFor();
    expect(await questions(page)).toEqual(['Where is order 1001?', 'What is the policy?']);
    await wholeAnswer(page, 2);
    const resumed = await page.getByRole('log').innerText();
    await page.reload();
    await wholeAnswer(page, 2);
    expect(await page.getByRole('log').innerText()).toBe(resumed);
    expect(await notice(page).count()).toBe(0);
    await say(page, 'Thank you');
    expect(await questions(page)).toEqual(['Where is order 1001?', 'What is the policy?', 'Thank you']);
  });

  it('is a message that never reached a server: it can be sent again, or changed, and stands once', async () => {
    const page = await newGuest(browser);
    await page.goto(`${server.url}/game`);
    await say(page, 'Look around');
    await page.route('**/api/chat/game', (route) => route.abort());
    await ask(page, 'Approach the lighthouse.');
    await page.getByText('The server did not answer.').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Stop looking' }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    expect(await page.getByRole('textbox').inputValue()).toBe('Approach the lighthouse.');
    expect(await questions(page)).toEqual(['Look around']);

    await page.unroute('**/api/chat/game');
    await page.keyboard.press('Control+a');
    await say(page, 'Approach the lighthouse, softly.');
    expect(await questions(page)).toEqual(['Look around', 'Approach the lighthouse, softly.']);
  });

  it.each(['with', 'without'])('is a message whose server was killed at it, tried again %s a reload', async (how) => {
    const first = await AppServer.start(slowEnv(`${how}.db`));
    const page = await newGuest(browser);
    await page.goto(`${first.url}/game`);
    await ask(page, 'Look around');
    await page.getByText('is writing').waitFor();
    await first.stop('SIGKILL');
    await page.getByText('The connection broke off.').waitFor();
    await using second = await AppServer.start(slowEnv(`${how}.db`), Number(new URL(first.url).port));
    expect(second.url).toBe(first.url);
    if (how === 'with') await page.reload();
    else await page.getByRole('button', { name: 'Look again' }).click();
    await page.getByText('The server broke off in the middle of the answer.').waitFor();
    expect(await questions(page)).toEqual(['Look around']);
    await page.getByRole('button', { name: 'Try again' }).click();
    await wholeAnswer(page, 1);
    await page.reload();
    await wholeAnswer(page, 1);
    expect(await questions(page)).toEqual(['Look around']);
  });

  it('is an answer that was stopped, here or after a reload: what was said until then', async () => {
    const page = await newGuest(browser);
    await page.goto(`${server.url}/support`);
    await ask(page, 'Where is order 1001?');
    await page.getByText('is writing').waitFor();
    await page.reload();
    await page.getByText('is writing').waitFor();
    await page.screenshot({ path: join(shots, 'answering.png') });
    await page.getByRole('button', { name: 'Stop' }).click();
    await idle(page);
    expect(await notice(page).count()).toBe(0);
    const stopped = await page.getByRole('log').innerText();
    await page.reload();
    await wholeAnswer(page, 1);
    expect(await page.getByRole('log').innerText()).toBe(stopped);
    await say(page, 'Go on');
    expect(await questions(page)).toEqual(['Where is order 1001?', 'Go on']);
  });

  it('is what comes in another window, while it comes', async () => {
    // Slow enough for a window that looks every few seconds.
    await using slow = await AppServer.start(slowEnv('windows.db', 400));
    const page = await newGuest(browser);
    await page.goto(`${slow.url}/support`);
    await say(page, 'Hello');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await wholeAnswer(other, 1);
    await ask(page, 'Where is order 1001?');
    await other.getByText('is writing').waitFor();
    const third = await page.context().newPage();
    await third.goto(page.url());
    await third.getByText('is writing').waitFor();
    for (const each of [page, other, third]) await wholeAnswer(each, 2);
    const [first, ...others] = await Promise.all([page, other, third].map((each) => each.getByRole('log').innerText()));
    expect(others).toEqual([first, first]);
  });

  it('is the turn that another window added', async () => {
    const page = await newGuest(browser);
    await page.goto(`${server.url}/game`);
    await say(page, 'Look around');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await say(other, 'Move east');
    await say(page, 'Look again');
    await expect.poll(() => questions(page)).toEqual(['Look around', 'Move east', 'Look again']);
    expect(await turns(page)).toBe('3');
  });
});

describe.skipIf(isBrowserMissing)(`a message that is not answered${reason}`, { timeout: 120_000 }, () => {
  let models: ModelServer;
  let server: AppServer;
  let browser: Browser;

  beforeAll(async () => {
    models = new ModelServer();
    const env = { OPENAI_BASE_URL: await models.start(), STATEROOM_MODEL: 'local-1' };
    server = await AppServer.start({ ...env, STATEROOM_SQLITE_PATH: ':memory:' });
    browser = await launchBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await models?.[Symbol.asyncDispose]();
  });

  it('is sent again as the same one, at once or after a reload, when the model has failed', async () => {
    const page = await newGuest(browser);
    await page.goto(`${server.url}/research`);
    models.fault = 'fails';
    await ask(page, 'Where is it stored?');
    await page.getByText('The model could not answer.').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The model could not answer.').waitFor();
    await page.reload();
    await page.getByText('Your message has no answer.').waitFor();
    models.fault = null;
    await page.getByRole('button', { name: 'Try again' }).click();
    await wholeAnswer(page, 1);
    expect(await questions(page)).toEqual(['Where is it stored?']);
    await page.reload();
    await page.getByRole('article', { name: 'Research desk' }).waitFor();
    expect(await questions(page)).toEqual(['Where is it stored?']);
    expect(await notice(page).count()).toBe(0);
  });

  it('is told when the model says nothing', async () => {
    const page = await newGuest(browser);
    await page.goto(`${server.url}/research`);
    models.fault = 'is silent';
    await ask(page, 'Are you there?');
    await page.getByText(/said nothing/).waitFor();
    models.fault = null;
    await page.getByRole('button', { name: 'Try again' }).click();
    await wholeAnswer(page, 1);
    expect(await questions(page)).toEqual(['Are you there?']);
  });

  it('is given back when it is too long, by the page or by the server', async () => {
    const page = await newGuest(browser);
    await page.goto(`${server.url}/research`);
    await page.getByRole('textbox').fill('x'.repeat(32_001));
    await page.getByText('32,001 characters, of 32,000').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);

    const body = JSON.stringify({ error: { code: 'TOO_LARGE', message: 'too long', path: 'message.parts[0].text' } });
    await page.route('**/api/chat/research', (route) => route.fulfill({ status: 413, body }));
    await ask(page, 'Too long for this server');
    await page.getByText('That message is too long.').waitFor();
    expect(await page.getByRole('textbox').inputValue()).toBe('Too long for this server');
    expect(await questions(page)).toEqual([]);
    await page.reload();
    await page.getByText('Nothing said yet.').waitFor();
  });
});

/** Sends a message, and waits for nothing but its place in the conversation. */
async function ask(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox').fill(text);
  await page.keyboard.press('Enter');
}

/** Waits until an answer has come to its end, and no other is awaited. */
async function wholeAnswer(page: Page, count: number): Promise<void> {
  await page
    .getByRole('article', { name: /desk|master/i })
    .nth(count - 1)
    .waitFor();
  await idle(page);
}

async function turns(page: Page): Promise<string> {
  return page.locator('dt', { hasText: 'Turns' }).locator('+ dd').innerText();
}

/** What the page says went wrong. */
function notice(page: Page): Locator {
  return page.locator('main [role=alert]');
}
