import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyValueStorage, type StorageProvider } from '@stateroom/core';
import { z } from 'zod';

/** A session, all of its keys, as one file: its name, its value, and when it may go, in epoch milliseconds. */
const Kept = z.tuple([z.string(), z.string(), z.number().nullable()]);
type Kept = z.infer<typeof Kept>;

const suffix = '.session.json';

/**
 * A storage of one's own: a folder with a file for each session, for one process. A file is written whole under another
 * name first, so a crash leaves the one before or the one after. What has expired is removed when the folder is opened.
 */
export async function folderStorage(folder: string): Promise<StorageProvider> {
  await mkdir(folder, { recursive: true });
  for await (const [key, , goneAt] of keptIn(folder)) if (goneAt !== null && goneAt <= Date.now()) await forget(key);
  return keyValueStorage({
    get: async (key) => (await load(pathOf(key)))?.[1],
    set: async (key, value, ttlMs) => {
      const kept: Kept = [key, value, ttlMs === undefined ? null : Date.now() + ttlMs];
      const draft = join(folder, `${randomUUID()}.draft`);
      await writeFile(draft, JSON.stringify(kept));
      await rename(draft, pathOf(key));
    },
    delete: forget,
    keys: async function* () {
      for await (const [key] of keptIn(folder)) yield key;
    },
  });

  // A digest, since a key may be longer than a file name, and differ from another one by case alone.
  function pathOf(key: string): string {
    return join(folder, createHash('sha256').update(key).digest('hex') + suffix);
  }

  function forget(key: string): Promise<void> {
    return rm(pathOf(key), { force: true });
  }
}

async function* keptIn(folder: string): AsyncGenerator<Kept> {
  for (const name of await readdir(folder)) {
    const kept = name.endsWith(suffix) ? await load(join(folder, name)) : null;
    if (kept !== null) yield kept;
  }
}

async function load(path: string): Promise<Kept | null> {
  try {
    return Kept.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
