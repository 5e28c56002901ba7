import type { StorageProvider } from '@stateroom/core';
import { memoryStorage } from '@stateroom/core/memory';
import { sqliteStorage } from '@stateroom/core/sqlite';

/** Storages that need nothing to be installed. */
export const engines: readonly (readonly [string, () => StorageProvider])[] = [
  ['memory', () => memoryStorage()],
  ['sqlite', () => sqliteStorage({ path: ':memory:' })],
];
