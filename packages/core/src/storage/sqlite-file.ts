import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isStateroomError, StateroomError } from '../errors.ts';

/** Raised with each change of the tables below; kept in the file's `user_version`. */
const fileFormat = 1;

const tables = `
  CREATE TABLE IF NOT EXISTS stored (
    key TEXT PRIMARY KEY,
    value TEXT,              -- of an entry; null for a list
    version TEXT,
    length INTEGER,          -- of a list; null for an entry
    expires_at INTEGER       -- epoch milliseconds; null for ever
  ) STRICT;
  CREATE INDEX IF NOT EXISTS stored_by_expiry ON stored (expires_at) WHERE expires_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS item (
    key TEXT NOT NULL REFERENCES stored (key) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (key, position)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${fileFormat};
`;

/** Several processes may open a new file at once, and change its journal, which SQLite itself does not wait for. */
const openingWaitMs = 5000;
const openingPauseMs = 10;

/**
 * Opens the file, made and prepared when it is new; may block for a moment, once. STORAGE when it cannot be opened,
 * NEWER_VERSION for a file of newer code, INVALID without a path.
 */
export function openFile(path: string, durability: 'normal' | 'full'): DatabaseSync {
  if (path.trim() === '') {
    throw new StateroomError('INVALID', "path is empty; name a file, or ':memory:' for none", { path: 'path' });
  }
  const deadline = performance.now() + openingWaitMs;
  for (;;) {
    try {
      return openOnce(path, durability);
    } catch (error) {
      if (isStateroomError(error)) throw error;
      if (!isBusy(error) || performance.now() > deadline) {
        throw new StateroomError('STORAGE', 'the sqlite file cannot be opened; is its path writable?', {
          cause: error,
        });
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, openingPauseMs);
  }
}

function openOnce(path: string, durability: 'normal' | 'full'): DatabaseSync {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: openingPauseMs });
  try {
    const format = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (format > fileFormat) {
      const message = `the sqlite file is of format ${format}, this code knows ${fileFormat}`;
      throw new StateroomError('NEWER_VERSION', message);
    }
    database.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    if (format < fileFormat) {
      database.exec('PRAGMA journal_mode = WAL');
      database.exec(`BEGIN IMMEDIATE; ${tables} COMMIT;`);
    }
    // From here on nothing may stop the event loop: waiting is the provider's own.
    database.exec('PRAGMA busy_timeout = 0');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whether SQLite failed only because another connection holds the file. */
export function isBusy(error: unknown): boolean {
  const primaryCode = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  const [busy, locked] = [5, 6];
  return primaryCode === busy || primaryCode === locked;
}
