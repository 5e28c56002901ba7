import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { idle, laptop, phone, questions, say, transcript } from './browser.ts';
import { inBrowser } from './in-browser.ts';

inBrowser('a tool that asks first', {}, (stage) => {
  /** A guest whose refund is about to be paid. */
  async function asked(viewport = laptop): Promise<Page> {
    const page = await stage().guest({ viewport });
    await page.goto(`${stage().server.url}/support`);
    await say(page, 'Look up the order SR-1042');
    await say(page, 'What is the policy on damage?');
    await say(page, 'Please refund it');
    await page.getByRole('group', { name: 'May refund run?' }).waitFor();
    return page;
  }

  const log = async (page: Page) => (await transcript(page)).join();

  it('runs when the guest says yes, also after a reload, and once', async () => {
    const page = await asked();
    expect(await log(page)).not.toContain('RF-1042');
    await stage().shoot(page, 'approval');
    await page.reload();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('RF-1042').filter({ visible: true }).first().waitFor();
    await idle(page);
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    const whole = await log(page);
    await page.reload();
    await page.getByText('RF-1042').filter({ visible: true }).first().waitFor();
    expect(await log(page)).toBe(whole);
    await stage().shoot(page, 'approved');
    await say(page, 'Thank you');
    expect(await questions(page)).toHaveLength(4);
  });

  it('does not run when the guest declines, or says something else', async () => {
    const page = await asked(phone);
    await stage().shoot(page, 'approval-phone');
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByText('declined').waitFor();
    await idle(page);
    const other = await asked();
    await say(other, 'Wait, replace it');
    expect(await other.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await other.reload();
    await other.getByText('declined').waitFor();
    expect((await log(page)) + (await log(other))).not.toContain('RF-1042');
  });

  it('is answered in one of two windows: the other is told that it is not open any more', async () => {
    const first = await asked();
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
