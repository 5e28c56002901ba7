import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import {
  ask,
  composer,
  hasFocus,
  idle,
  notice,
  ownSessions,
  phone,
  questions,
  say,
  timeline,
  wholeAnswer,
} from './browser.ts';
import { inBrowser } from './in-browser.ts';

inBrowser('the room of a session', {}, (stage) => {
  async function enter(agent: string, ...words: readonly string[]): Promise<Page> {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/${agent}`);
    for (const each of words) await say(page, each);
    return page;
  }

  /** Another window of the same guest, on the same session. */
  async function secondWindow(page: Page): Promise<Page> {
    const other = await page.context().newPage();
    await other.goto(page.url());
    return other;
  }

  async function confirm(page: Page, act: string): Promise<void> {
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: act, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  it('tells each turn, and goes back to one, here and in the other window', async () => {
    const page = await enter('game', 'Look around', 'Move east', 'Approach it');
    await expect.poll(() => timeline(page).count()).toBe(3);
    const [newest = '', , oldest = ''] = await timeline(page).allInnerTexts();
    expect(newest).toContain('Approach it');
    expect(newest).toContain('completed');
    expect(newest).toContain('explore → battle');
    expect(oldest).toContain('look');
    expect(await page.getByRole('list', { name: 'Tokens per turn' }).getByRole('listitem').count()).toBe(3);
    const other = await secondWindow(page);
    await expect.poll(() => questions(other)).toHaveLength(3);
    await page.getByRole('button', { name: /Go back to here.*turn 1/ }).click();
    await confirm(page, 'Go back');
    expect(await questions(page)).toEqual(['Look around']);
    await expect.poll(() => questions(other)).toEqual(['Look around']);
    expect(await page.locator('[aria-current=step]').innerText()).toContain('explore');
    await page.reload();
    expect(await questions(page)).toEqual(['Look around']);
  });

  it('is forked from a turn: both go on, each its own way, and the list says which is the fork', async () => {
    const page = await enter('game', 'Look around', 'Move east');
    const origin = page.url();
    await page.getByRole('button', { name: /Fork from here.*turn 1/ }).click();
    await page.waitForURL((url) => url.href !== origin);
    await expect.poll(() => questions(page)).toEqual(['Look around']);
    await say(page, 'Move north');
    await expect.poll(() => ownSessions(page).count()).toBe(2);
    expect((await ownSessions(page).allInnerTexts()).map((text) => text.includes('fork'))).toEqual([true, false]);
    await page.goto(origin);
    expect(await questions(page)).toEqual(['Look around', 'Move east']);
  });

  it('stands in the list from its first message on, in every window, until it is deleted there', async () => {
    const page = await enter('support');
    await expect.poll(() => page.getByText('None yet. A session is kept').count()).toBe(1);
    const other = await secondWindow(page);
    await say(page, 'Where is order 1001?');
    await page.getByRole('link', { name: 'New session' }).click();
    await page.getByText('Nothing said yet.').waitFor();
    await say(page, 'What is the policy?');
    await expect.poll(() => ownSessions(other).count()).toBe(2);
    const titles = await page.getByRole('list', { name: 'Sessions' }).getByRole('link').allInnerTexts();
    expect(titles.map((text) => text.split('\n')[0])).toEqual(['What is the policy?', 'Where is order 1001?']);
    await other.goto(page.url());
    await wholeAnswer(other, 1);
    await ownSessions(page).first().hover();
    await page.getByRole('button', { name: 'Delete “What is the policy?”' }).click();
    await confirm(page, 'Delete');
    await page.getByText('Nothing said yet.').waitFor();
    expect(await ownSessions(page).count()).toBe(1);
    await ownSessions(page).first().hover();
    await page.getByRole('button', { name: 'Delete “Where is order 1001?”' }).click();
    await confirm(page, 'Delete');
    await page.getByText('None yet. A session is kept').waitFor();
    const heading = page.getByRole('heading', { name: 'Your sessions' });
    await expect.poll(() => hasFocus(heading)).toBe(true);
    await notice(other).getByText('This session is no longer there.').waitFor();
    expect(await questions(other)).toEqual(['What is the policy?']);
    expect(await composer(other).isEditable()).toBe(false);
    expect((await other.reload())?.status()).toBe(404);
  });

  it('takes a message in other words, and answers anew', async () => {
    const page = await enter('game', 'Look around', 'Move east');
    await page.getByRole('article', { name: 'You' }).first().hover();
    await page.getByRole('button', { name: 'Edit' }).first().click();
    await page.getByRole('textbox', { name: 'Your message, in other words' }).fill('Look north');
    await page.keyboard.press('Enter');
    await expect.poll(() => questions(page)).toEqual(['Look north']);
    await wholeAnswer(page, 1);
    await page.getByRole('button', { name: 'Answer anew' }).click();
    await wholeAnswer(page, 1);
    await expect.poll(() => hasFocus(composer(page))).toBe(true);
    const goBack = page.getByRole('button', { name: 'Go back to before the first' });
    await goBack.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => hasFocus(goBack)).toBe(true);
    await expect.poll(() => timeline(page).count()).toBe(1);
    await page.reload();
    expect(await questions(page)).toEqual(['Look north']);
  });

  it('keeps the words that are sent while an answer comes, and sends them after it', async () => {
    const page = await enter('game');
    await ask(page, 'Look around');
    await page.getByRole('button', { name: 'Stop' }).waitFor();
    await ask(page, 'Move east');
    await page.getByRole('region', { name: 'Waits to be sent' }).waitFor();
    await wholeAnswer(page, 2);
    expect(await questions(page)).toEqual(['Look around', 'Move east']);
    expect(await page.getByRole('region', { name: 'Waits to be sent' }).count()).toBe(0);
  });

  it('says that it is offline, keeps the words, and comes back by itself', async () => {
    const page = await enter('game', 'Look around');
    const other = await secondWindow(page);
    await page.context().setOffline(true);
    await page.getByText('You are offline.').waitFor();
    await ask(page, 'And now?');
    expect(await composer(page).inputValue()).toBe('And now?');
    expect(await questions(page)).toEqual(['Look around']);
    await stage().shoot(page, 'offline');
    await page.context().setOffline(false);
    await page.getByText('You are offline.').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await wholeAnswer(page, 2);
    await expect.poll(() => questions(other)).toEqual(['Look around', 'And now?']);
    await idle(other);
  });

  it('has the list in a drawer on a phone, which gives the focus back', async () => {
    const page = await stage().guest({ viewport: phone });
    await page.goto(`${stage().server.url}/game`);
    await say(page, 'Look around');
    const opener = page.getByRole('button', { name: 'Sessions' });
    await opener.click();
    await page.getByRole('dialog', { name: 'Your sessions' }).getByText('Look around').waitFor();
    await stage().shoot(page, 'drawer-phone');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Sessions');
    await opener.click();
    await page.getByRole('dialog').getByRole('link', { name: 'New session' }).click();
    await page.getByText('Nothing said yet.').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});
