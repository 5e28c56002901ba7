import type { Locator, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { ask, laptop, phone, say, transcript } from './browser.ts';
import { inBrowser } from './in-browser.ts';

inBrowser('the app in a browser', { delayMs: 60 }, (stage) => {
  it('is opened, asked, answers word by word with a tool call, and shows the same after a reload', async () => {
    const page = await stage().guest();
    await page.goto(stage().server.url);
    expect(await page.getByText('offline', { exact: false }).count()).toBeGreaterThan(0);
    await stage().shoot(page, 'list-laptop');
    await page.getByRole('list', { name: 'Agents' }).getByRole('link', { name: 'Research desk' }).click();
    await ask(page, 'How is a session kept safe?');
    const answer = page.getByRole('article', { name: 'Research desk' });
    const lengths = await growthOf(page, answer);
    expect(lengths.size).toBeGreaterThan(3);
    expect(await answer.getByText('search_docs', { exact: true }).count()).toBe(1);
    expect(await page.getByRole('list', { name: 'Newest first', exact: true }).innerText()).toBe('search_docs');
    await stage().shoot(page, 'chat-laptop');

    const before = await transcript(page);
    await page.reload();
    await page.getByRole('article', { name: 'Research desk' }).waitFor();
    expect(await transcript(page)).toEqual(before);
    expect(await page.getByRole('list', { name: 'Newest first', exact: true }).innerText()).toBe('search_docs');

    await say(page, 'Read the page.');
    expect(await page.locator('[aria-current=step]').innerText()).toContain('answer');
  });

  it('keeps a turn whose page was left in its midst', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/support`);
    await ask(page, 'Where is order 1001?');
    await page.getByRole('article', { name: 'Support desk' }).waitFor();
    const address = page.url();
    await page.goto('about:blank');
    await expect
      .poll(() => words(page, address, 'Support desk'), { timeout: 30_000, interval: 500 })
      .toContain('lookup_order');
  });

  it('shows a session to nobody but its guest', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/game`);
    await say(page, 'MY SECRET PLAN');
    const second = await page.context().newPage();
    await second.goto(page.url());
    expect((await transcript(second)).join()).toContain('MY SECRET PLAN');
    const stranger = await stage().guest();
    const answer = await stranger.goto(page.url());
    expect(answer?.status()).toBe(404);
    expect(await stranger.content()).not.toContain('MY SECRET PLAN');
  });

  it('shows what the game master keeps of the player, after a turn and after a reload', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/game`);
    await say(page, 'Move east along the shore.');
    const kept = page.getByRole('region', { name: 'What is so' });
    const stats = ['Strength', '2', 'Base strength', '2', 'Armour', '11', 'Base armour', '11'];
    const facts = ['Place', 'wreck', 'Hit points', '20', ...stats, 'Bag', 'Empty'];
    expect((await kept.getByRole('definition').or(kept.getByRole('term')).allInnerTexts()).toSorted()).toEqual(
      facts.toSorted(),
    );
    await stage().shoot(page, 'game-laptop');
    await page.reload();
    await kept.getByText('wreck').waitFor();
    expect(await page.content()).not.toContain('wounds');
  });

  it('fits a phone and a laptop, without scrolling sideways', async () => {
    for (const [name, viewport] of Object.entries({ laptop, phone })) {
      const page = await stage().guest({ viewport });
      await page.goto(stage().server.url);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await stage().shoot(page, `list-${name}`);
      await page.goto(`${stage().server.url}/game`);
      await say(page, `Look around, ${'averyveryverylongword'.repeat(10)}`);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await stage().shoot(page, `chat-${name}`);
    }
  });

  it('opens at its heading on the smallest screen, with every agent in sight', async () => {
    const page = await stage().guest({ viewport: { width: 320, height: 568 } });
    await page.goto(`${stage().server.url}/game`);
    await page.getByText('Nothing said yet.').waitFor();
    const [bar, heading] = await Promise.all([
      page.getByRole('heading', { level: 1 }).boundingBox(),
      page.getByRole('heading', { level: 2, name: 'Nothing said yet.' }).boundingBox(),
    ]);
    expect(heading?.y).toBeGreaterThan((bar?.y ?? 0) + (bar?.height ?? 0));
    for (const link of await page.getByRole('navigation').getByRole('link').all()) {
      const box = await link.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(320);
    }
    await stage().shoot(page, 'empty-small');
  });

  it('is ready to be written in on a laptop, skips to the conversation, and names the next tool of a sequence', async () => {
    const page = await stage().guest();
    await page.goto(`${stage().server.url}/game`);
    await expect.poll(() => page.evaluate('document.activeElement.tagName')).toBe('TEXTAREA');
    await page.getByRole('link', { name: 'Skip to the conversation' }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('conversation');
    await say(page, 'approach');
    const sequence = page.locator('[aria-current=step]').getByRole('list', { name: 'In this order' });
    expect(await sequence.locator('[aria-current]').innerText()).toContain('roll_initiative');
    await say(page, 'roll');
    expect(await sequence.locator('[aria-current]').innerText()).toContain('strike');
    expect(await sequence.innerText()).toContain('✓ roll_initiative');
  });
});

/** The different lengths that the text of an element had until the answer was whole. */
async function growthOf(page: Page, element: Locator): Promise<Set<number>> {
  const lengths = new Set<number>();
  await element.waitFor();
  while ((await page.locator('[role=log][aria-busy=true]').count()) > 0)
    lengths.add((await element.innerText()).length);
  return lengths;
}

async function words(page: Page, address: string, agent: string): Promise<string> {
  await page.goto(address);
  return (await page.getByRole('article', { name: agent }).allInnerTexts()).join();
}

/** By how many pixels the page is wider than its window. */
function overflow(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}
