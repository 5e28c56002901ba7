import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isStateroomError, StateroomError } from '../errors.ts';

/** Raised with each change of the tables below; kept in the file's `user_version`. */
const fileFormat = 1;

/** "room" in ASCII: tells our files from those of other programs. */
const applicationId = 0x726f6f6d;

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
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${fileFormat};
`;

/** Several processes may open a new file at once, and change its journal, which SQLite itself does not wait for. */
const openingWaitMs = 5000;
const openingPauseMs = 10;

/**
 * Opens the file, made and prepared when it is new; may block for a moment, once. STORAGE when it cannot be opened,
 * NEWER_VERSION for a file of newer code, INVALID without a path or for what is not a database of ours, which is left
 * as it is.
 */
export function openFile(path: string, durability: 'normal' | 'full'): DatabaseSync {
  refuseOddPath(path);
  const deadline = performance.now() + openingWaitMs;
  for (;;) {
    try {
      return openOnce(path, durability);
    } catch (error) {
      if (isStateroomError(error)) throw error;
      if (isForeign(error)) throw notOurs(path, 'is no SQLite database', error);
      if (!isBusy(error) || performance.now() > deadline) {
        const message = `the sqlite file ${path} cannot be opened; are it and its folder writable?`;
        throw new StateroomError('STORAGE', message, { cause: error });
      }
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, openingPauseMs);
  }
}

function refuseOddPath(path: string): void {
  if (path.trim() === '') {
    throw new StateroomError('INVALID', "path is empty; name a file, or ':memory:' for none", { path: 'path' });
  }
  if (path.startsWith('file:')) throw notOurs(path, 'is a URL; name the file by its path');
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw notOurs(path, 'is a folder; name a file in it');
}

function openOnce(path: string, durability: 'normal' | 'full'): DatabaseSync {
  if (path !== ':memory:') makeFolder(dirname(resolve(path)));
  const database = new DatabaseSync(path, { timeout: openingPauseMs });
  try {
    const format = formatOf(database, path);
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

/** Step by step: where no folder can be made, as under /proc, mkdir's own recursion never comes back. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process may have been quicker.
    if (!existsSync(folder)) throw error;
  }
}

/** 0 for a file that is new. Looks before anything is changed. */
function formatOf(database: DatabaseSync, path: string): number {
  const read = (what: string) => Number(Object.values(database.prepare(what).get() ?? {})[0]);
  // Its mark is looked for last: another process may be making the file ours just now, all of it at one moment.
  const hasTables = read('SELECT count(*) FROM sqlite_schema') > 0;
  const format = read('PRAGMA user_version');
  const isOurs = read('PRAGMA application_id') === applicationId;
  if (!isOurs && (hasTables || format > 0)) throw notOurs(path, 'is a database of another program');
  if (format <= fileFormat) return isOurs ? format : 0;
  const message = `the sqlite file ${path} is of format ${format}, this code knows ${fileFormat}`;
  throw new StateroomError('NEWER_VERSION', message);
}

function notOurs(path: string, fault: string, cause?: unknown): StateroomError {
  return new StateroomError('INVALID', `path: ${path} ${fault}`, {
    path: 'path',
    ...(cause !== undefined && { cause }),
  });
}

/** Whether SQLite failed only because another connection holds the file. */
export function isBusy(error: unknown): boolean {
  const [busy, locked] = [5, 6];
  return codeOf(error) === busy || codeOf(error) === locked;
}

function isForeign(error: unknown): boolean {
  const notADatabase = 26;
  return codeOf(error) === notADatabase;
}

/** SQLite's primary result code, 0 for an error that is not its own. */
function codeOf(error: unknown): number {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
}
