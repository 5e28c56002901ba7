import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { AppServer } from './app-server.ts';
import { isBrowserMissing, laptop, launchBrowser, reason } from './browser.ts';

/** The app and a browser, for all the tests of a file. */
export type Stage = {
  readonly server: AppServer;
  readonly browser: Browser;
  /** A page of somebody who was never here before. */
  readonly guest: (options?: BrowserContextOptions) => Promise<Page>;
  /** A server of its own, on a new database of that name, or on the one that is there. */
  readonly serve: (
    database: string,
    options?: { readonly delayMs?: number; readonly port?: number },
  ) => Promise<AppServer>;
  /** Keeps a picture of a page with what the run leaves behind, for whoever looks. */
  readonly shoot: (page: Page, name: string) => Promise<void>;
};

type Environment = Readonly<Record<string, string>>;
export type StageOptions = {
  /** How long the scripted model takes for a word; 20 by default. */
  readonly delayMs?: number;
  /** Comes on top, for a server with another model or another storage; it may have to be started first. */
  readonly env?: () => Environment | Promise<Environment>;
};

const shots = join(import.meta.dirname, '../test-results/shots');

/** A suite with one server and one browser; skipped, with the reason in its name, where there is no browser. */
export function inBrowser(name: string, options: StageOptions, tests: (stage: () => Stage) => void): void {
  describe.skipIf(isBrowserMissing)(`${name}${reason}`, { timeout: 120_000 }, () => {
    let stage: Stage | undefined;
    let folder = '';

    beforeAll(async () => {
      mkdirSync(shots, { recursive: true });
      folder = mkdtempSync(join(tmpdir(), 'stateroom-browser-'));
      stage = await setUp(folder, options);
    }, 120_000);

    afterAll(async () => {
      await stage?.browser.close();
      await stage?.server.stop();
      rmSync(folder, { recursive: true });
    });

    tests(() => {
      if (stage === undefined) throw new Error('the suite has not begun');
      return stage;
    });
  });
}

async function setUp(folder: string, { delayMs = 20, env = () => ({}) }: StageOptions): Promise<Stage> {
  const scripted = (database: string, wordMs: number) => ({
    STATEROOM_SQLITE_PATH: join(folder, `${database}.db`),
    STATEROOM_MODEL: 'scripted',
    STATEROOM_SCRIPTED_DELAY_MS: String(wordMs),
  });
  const server = await AppServer.start({ ...scripted('app', delayMs), ...(await env()) });
  const browser = await launchBrowser();
  return {
    server,
    browser,
    guest: async (context) => (await browser.newContext({ viewport: laptop, ...context })).newPage(),
    serve: (database, { delayMs: wordMs = delayMs, port } = {}) => AppServer.start(scripted(database, wordMs), port),
    shoot: async (page, shot) => void (await page.screenshot({ path: join(shots, `${shot}.png`) })),
  };
}
