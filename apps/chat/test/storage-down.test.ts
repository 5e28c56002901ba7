import { afterAll, describe, expect, it } from 'vitest';
import {
  hasRedis,
  redisCli,
  redisNote,
  type RedisServer,
  startRedis,
} from '../../../packages/core/src/testing/servers/redis-server.ts';
import { ask, composer, notice, ownSessions, questions, say, wholeAnswer } from './browser.ts';
import { inBrowser } from './in-browser.ts';

describe.skipIf(!hasRedis)(`a storage that ails${redisNote}`, () => {
  let redis: RedisServer | undefined;
  const env = async () => {
    redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always']);
    return { STATEROOM_STORAGE: 'redis', REDIS_URL: redis.url, STATEROOM_SQLITE_PATH: '' };
  };
  afterAll(() => redis?.stop());

  inBrowser('as a guest sees it', { env }, (stage) => {
    it('is said to be away, looks like no empty session, and is there again by itself', async () => {
      const page = await stage().guest();
      await page.goto(`${stage().server.url}/game`);
      await say(page, 'Look around');
      const other = await page.context().newPage();
      await redis?.kill();
      await page.getByText('The storage cannot be reached just now.').waitFor();
      expect((await other.goto(page.url()))?.status()).toBeGreaterThanOrEqual(500);
      await other.getByRole('heading', { name: 'This page could not be opened.' }).waitFor();
      expect((await other.goto(`${stage().server.url}/api/health`))?.status()).toBe(503);
      await ask(page, 'And now?');
      await notice(page).getByText('The storage cannot be reached.').waitFor();
      await stage().shoot(page, 'storage-down');

      await redis?.restart();
      await page.getByText('The storage cannot be reached just now.').waitFor({ state: 'detached' });
      await notice(page).getByRole('button', { name: 'Try again' }).click();
      await wholeAnswer(page, 2);
      expect(await questions(page)).toEqual(['Look around', 'And now?']);
    });

    it('has let a session expire: what was said stays in sight, and nothing can be added', async () => {
      const page = await stage().guest();
      await page.goto(`${stage().server.url}/game`);
      await say(page, 'Look around');
      redisCli(redis?.port ?? 0, 'FLUSHALL');
      await notice(page).getByText('This session is no longer there.').waitFor();
      expect(await questions(page)).toEqual(['Look around']);
      expect(await composer(page).isEditable()).toBe(false);
      await expect.poll(() => ownSessions(page).count()).toBe(0);
      await notice(page).getByRole('link', { name: 'New session' }).click();
      await page.getByText('Nothing said yet.').waitFor();
    });
  });
});
