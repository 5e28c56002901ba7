import { expect, it } from 'vitest';
import { ask, composer, idle, notice, questions, say, transcript, turnCount, wholeAnswer } from './browser.ts';
import { inBrowser } from './in-browser.ts';

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
    expect(await turnCount(page)).toBe('1');
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
    await expect.poll(() => questions(page)).toEqual(['Where is order 1001?', 'What is the policy?']);
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
});
