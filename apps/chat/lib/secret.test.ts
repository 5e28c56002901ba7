import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptSecret } from './secret.ts';

describe('the secret', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stateroom-secret-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is made once, also by many that start at once, and leaves nothing else behind', async () => {
    const path = join(folder, 'data/secret');
    const made = await Promise.all(Array.from({ length: 50 }, () => keptSecret(path)));
    expect(new Set(made).size).toBe(1);
    expect(made[0]).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect([await keptSecret(path), await readFile(path, 'utf8')]).toEqual([made[0], made[0]]);
    expect(await readdir(join(folder, 'data'))).toEqual(['secret']);
  });

  it('is read by nobody but its owner', async () => {
    const path = join(folder, 'own/secret');
    await keptSecret(path);
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600');
  });

  it('that cannot be kept is an error, not another one with each start', async () => {
    const path = join(folder, 'data/secret/below-a-file');
    await expect(keptSecret(path)).rejects.toThrow('ENOTDIR');
  });
});
