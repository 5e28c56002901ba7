import { expect, it } from 'vitest';
import { ask, questions, say, transcript, turnCount, wholeAnswer } from './browser.ts';
import { inBrowser } from './in-browser.ts';

inBrowser('a window of a session', { delayMs: 100 }, (stage) => {
  it('shows what comes in another, while it comes', async () => {
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

  it('shows the turn that another has added', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/game`);
    await say(page, 'Look around');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await say(other, 'Move east');
    await say(page, 'Look again');
    await expect.poll(() => questions(page)).toEqual(['Look around', 'Move east', 'Look again']);
    expect(await turnCount(page)).toBe('3');
  });
});
