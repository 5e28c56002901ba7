import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppServer } from './app-server.ts';
import { Guest } from './guest.ts';
import { ModelServer } from './model-server.ts';

const app = join(import.meta.dirname, '..');
const key = 'sk-marker-of-the-model-key';
const secret = 'marker-of-the-secret-that-signs-cookies';
/** What only the server has a use for: where keys are looked for, what agents are told, what signs cookies. */
const serverOnly = [
  'OPENAI_API_KEY',
  'ANTHROPIC_API_KEY',
  'STATEROOM_SECRET',
  'You are a careful research desk',
  'HS256',
];

describe('what the server keeps to itself', () => {
  it('is in no file of the client’s bundle', async () => {
    const files = await readdir(join(app, '.next/static'), { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    const texts = await Promise.all(paths.map(async (path) => readFile(path, 'utf8')));
    expect(texts.length).toBeGreaterThan(5);
    const found = serverOnly.filter((words) => texts.some((text) => text.includes(words)));
    expect(found).toEqual([]);
    // The search finds what is there.
    expect(texts.some((text) => text.includes('/api/chat'))).toBe(true);
  });

  it('is in no page, answer, error or line of the log', async () => {
    await using models = new ModelServer();
    const env = { OPENAI_BASE_URL: await models.start(), OPENAI_API_KEY: key, STATEROOM_MODEL: 'refused' };
    await using server = await AppServer.start({ ...env, STATEROOM_SECRET: secret, STATEROOM_STORAGE: 'memory' });
    const guest = await Guest.arrive(server);
    const answer = await guest.say(server, 'research', { text: 'Hello' });
    const refused = await guest.post(server, 'research', '{');
    const page = await guest.open(server, 'research', answer.sessionId);
    const all = [answer.body, refused.body, page, server.log].join('\n');
    expect(all).toContain('Hello');
    for (const marker of [key, secret]) expect(all).not.toContain(marker);
  });
});
