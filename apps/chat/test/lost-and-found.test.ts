import type { Page } from 'playwright-core';
import { afterAll, expect, it } from 'vitest';
import { ask, composer, idle, notice, questions, say, transcript, wholeAnswer } from './browser.ts';
import { inBrowser } from './in-browser.ts';
import { ModelServer } from './model-server.ts';

inBrowser('what a page lost, and finds again', { delayMs: 100 }, (stage) => {
  it('is found as it was left by Back and Forward, over a new session and another agent', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/support`);
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
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/support`);
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
    const resumed = await transcript(page);
    await page.reload();
    await wholeAnswer(page, 2);
    expect(await transcript(page)).toEqual(resumed);
    expect(await notice(page).count()).toBe(0);
    await say(page, 'Thank you');
    expect(await questions(page)).toEqual(['Where is order 1001?', 'What is the policy?', 'Thank you']);
  });

  it('is a message that never reached a server: it can be sent again, or changed, and stands once', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/game`);
    await say(page, 'Look around');
    await page.route('**/api/chat/game', (route) => route.abort());
    await ask(page, 'Approach the lighthouse.');
    await page.getByText('The server did not answer.').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Stop looking' }).click();
    await page.getByRole('button', { name: 'Change it' }).click();
    expect(await composer(page).inputValue()).toBe('Approach the lighthouse.');
    expect(await questions(page)).toEqual(['Look around']);

    await page.unroute('**/api/chat/game');
    await page.keyboard.press('Control+a');
    await say(page, 'Approach the lighthouse, softly.');
    expect(await questions(page)).toEqual(['Look around', 'Approach the lighthouse, softly.']);
  });

  it.each(['with', 'without'])('is a message whose server was killed at it, tried again %s a reload', async (how) => {
    const first = await stage().serve(how);
    const page = await stage().guest();
    await page.goto(`${first.url}/game`);
    await ask(page, 'Look around');
    await page.getByText('is writing').waitFor();
    await first.stop('SIGKILL');
    await page.getByText('The connection broke off.').waitFor();
    await using second = await stage().serve(how, { port: Number(new URL(first.url).port) });
    expect(second.url).toBe(first.url);
    // Without one the page finds the server by itself.
    if (how === 'with') await page.reload();
    await page.getByText('The server broke off in the middle of the answer.').waitFor();
    expect(await questions(page)).toEqual(['Look around']);
    await page.getByRole('button', { name: 'Try again' }).click();
    await wholeAnswer(page, 1);
    await page.reload();
    await wholeAnswer(page, 1);
    expect(await questions(page)).toEqual(['Look around']);
  });

  it('is an answer that was stopped, here or after a reload: what was said until then', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/support`);
    await ask(page, 'Where is order 1001?');
    await page.getByText('is writing').waitFor();
    await page.reload();
    await page.getByText('is writing').waitFor();
    await stage().shoot(page, 'answering');
    await page.getByRole('button', { name: 'Stop' }).click();
    await idle(page);
    expect(await notice(page).count()).toBe(0);
    const stopped = await transcript(page);
    await page.reload();
    await wholeAnswer(page, 1);
    expect(await transcript(page)).toEqual(stopped);
    await say(page, 'Go on');
    expect(await questions(page)).toEqual(['Where is order 1001?', 'Go on']);
  });

  it('is what comes in another window, while it comes', async () => {
    // Slow enough for a window that is told once a second.
    await using slow = await stage().serve('windows', { delayMs: 150 });
    const page = await stage().guest();
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
    const [first, ...others] = await Promise.all([page, other, third].map((each) => transcript(each)));
    expect(others).toEqual([first, first]);
  });

  it('is the turn that another window added', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/game`);
    await say(page, 'Look around');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await say(other, 'Move east');
    await say(page, 'Look again');
    await expect.poll(() => questions(page)).toEqual(['Look around', 'Move east', 'Look again']);
    expect(await turns(page)).toBe('3');
  });
});

const models = new ModelServer();
const env = async () => ({
  OPENAI_BASE_URL: await models.start(),
  STATEROOM_MODEL: 'local-1',
  STATEROOM_SQLITE_PATH: ':memory:',
});

inBrowser('a message that is not answered', { env }, (stage) => {
  afterAll(() => models[Symbol.asyncDispose]());

  it('is sent again as the same one, at once or after a reload, when the model has failed', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/research`);
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
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/research`);
    models.fault = 'is silent';
    await ask(page, 'Are you there?');
    await page.getByText(/said nothing/).waitFor();
    models.fault = null;
    await page.getByRole('button', { name: 'Try again' }).click();
    await wholeAnswer(page, 1);
    expect(await questions(page)).toEqual(['Are you there?']);
  });

  it('is given back when it is too long, by the page or by the server', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/research`);
    await composer(page).fill('x'.repeat(32_001));
    await page.getByText('32,001 characters, of 32,000').waitFor();
    expect(await page.getByRole('button', { name: 'Send' }).isDisabled()).toBe(true);

    const body = JSON.stringify({ error: { code: 'TOO_LARGE', message: 'too long', path: 'message.parts[0].text' } });
    await page.route('**/api/chat/research', (route) => route.fulfill({ status: 413, body }));
    await ask(page, 'Too long for this server');
    await page.getByText('That message is too long.').waitFor();
    expect(await composer(page).inputValue()).toBe('Too long for this server');
    expect(await questions(page)).toEqual([]);
    await page.reload();
    await page.getByText('Nothing said yet.').waitFor();
  });
});

async function turns(page: Page): Promise<string> {
  return page.locator('dt', { hasText: 'Turns' }).locator('+ dd').innerText();
}
