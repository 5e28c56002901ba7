import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ask, idle, laptop, phone, say } from './browser.ts';
import { inBrowser } from './in-browser.ts';

const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core')), 'utf8');

const Found = z.array(
  z.object({ id: z.string(), impact: z.string().nullable(), nodes: z.array(z.object({ html: z.string() })) }),
);

/** What a page has that keeps somebody out: each rule that is broken, with the first element that breaks it. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const violations = Found.parse(await page.evaluate('axe.run(document).then((result) => result.violations)'));
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  return grave.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}

const screens = [
  ['a laptop', { viewport: laptop }],
  ['a laptop, dark', { viewport: laptop, colorScheme: 'dark' }],
  ['a phone', { viewport: phone, hasTouch: true, reducedMotion: 'reduce' }],
] as const;

inBrowser('nothing keeps anybody out', { delayMs: 60 }, (stage) => {
  it.each(screens)('of the pages and their states on %s', async (_name, options) => {
    const page = await stage().guest(options);
    const found: Record<string, readonly string[]> = {};
    const look = async (name: string) => void (found[name] = await barriers(page));
    await page.goto(stage().server.url);
    await look('the list of agents');
    await page.goto(`${stage().server.url}/support`);
    await page.getByText('Nothing said yet.').waitFor();
    await look('an empty session');
    await ask(page, 'Look up the order SR-1042');
    await page.getByText('is writing').waitFor();
    await look('an answer that comes');
    await idle(page);
    await say(page, 'What is the policy on damage?');
    await say(page, 'Please refund it');
    await look('a question');
    if (options.viewport === phone) {
      await page.getByRole('button', { name: 'Sessions' }).click();
      await page.getByRole('dialog').getByText('SR-1042').first().waitFor();
      await look('the drawer');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Room' }).click();
    }
    await page.getByRole('button', { name: /Go back to here.*turn 1/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).waitFor();
    await look('the room, and a dialog');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await look('the room');
    await page.context().setOffline(true);
    await look('offline');
    await page.context().setOffline(false);
    await page.goto(`${stage().server.url}/support/there-is-none`);
    await look('a session that is not there');
    expect(found).toEqual(Object.fromEntries(Object.keys(found).map((name) => [name, []])));
  });
});
