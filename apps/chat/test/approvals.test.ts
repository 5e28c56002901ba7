import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppServer } from './app-server.ts';
import { idle, isBrowserMissing, launchBrowser, newGuest, phone, questions, reason, say } from './browser.ts';

const folder = mkdtempSync(join(tmpdir(), 'stateroom-approvals-'));
const shots = join(import.meta.dirname, '../test-results/shots');
mkdirSync(shots, { recursive: true });

describe.skipIf(isBrowserMissing)(`a tool that asks first${reason}`, { timeout: 120_000 }, () => {
  let server: AppServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await AppServer.start({ STATEROOM_SQLITE_PATH: join(folder, 'app.db'), STATEROOM_MODEL: 'scripted' });
    browser = await launchBrowser();
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    rmSync(folder, { recursive: true });
  });

  /** A guest whose refund is about to be paid. */
  async function asked(page: Page): Promise<Page> {
    await page.goto(`${server.url}/support`);
    await say(page, 'Look up the order SR-1042');
    await say(page, 'What is the policy on damage?');
    await say(page, 'Please refund it');
    await page.getByRole('group', { name: 'May refund run?' }).waitFor();
    return page;
  }

  const log = (page: Page) => page.getByRole('log').innerText();

  it('runs when the guest says yes, also after a reload, and once', async () => {
    const page = await asked(await newGuest(browser));
    expect(await log(page)).not.toContain('RF-1042');
    await page.screenshot({ path: join(shots, 'approval.png') });
    await page.reload();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('RF-1042').filter({ visible: true }).first().waitFor();
    await idle(page);
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    const whole = await log(page);
    await page.reload();
    await page.getByText('RF-1042').filter({ visible: true }).first().waitFor();
    expect(await log(page)).toBe(whole);
    await page.screenshot({ path: join(shots, 'approved.png') });
    await say(page, 'Thank you');
    expect(await questions(page)).toHaveLength(4);
  });

  it('does not run when the guest declines, or says something else', async () => {
    const page = await asked(await newGuest(browser, phone));
    await page.screenshot({ path: join(shots, 'approval-phone.png') });
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByText('declined').waitFor();
    await idle(page);
    const other = await asked(await newGuest(browser));
    await say(other, 'Wait, replace it');
    expect(await other.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await other.reload();
    await other.getByText('declined').waitFor();
    expect((await log(page)) + (await log(other))).not.toContain('RF-1042');
  });

  it('is answered in one of two windows: the other is told that it is not open any more', async () => {
    const first = await asked(await newGuest(browser));
    const second = await first.context().newPage();
    await second.goto(first.url());
    await second.getByRole('button', { name: 'Approve' }).waitFor();
    await first.getByRole('button', { name: 'Decline' }).click();
    await first.getByText('declined').waitFor();
    await idle(first);
    // It may have heard of it already.
    await second
      .getByRole('button', { name: 'Approve' })
      .click({ timeout: 2000 })
      .catch(() => {});
    await second.getByText('declined').waitFor();
    expect(await log(second)).not.toContain('RF-1042');
  });
});
