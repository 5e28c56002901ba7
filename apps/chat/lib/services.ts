import { join } from 'node:path';
import type { Logger, StorageProvider } from '@stateroom/core';
import { sqliteStorage } from '@stateroom/core/sqlite';
import { type AgentProfile, createAgents } from '../agents/index.ts';
import { consoleLogger } from './logger.ts';
import { type ChosenModel, modelFromEnv } from './model.ts';

/** All that the pages and the route work with. This file alone reads the environment and picks the storage. */
export type Services = {
  readonly storage: StorageProvider;
  readonly agents: readonly AgentProfile[];
  readonly chosenModel: ChosenModel;
  /** Two weeks: a guest who comes back after a holiday finds everything where it was left. */
  readonly ttl: { readonly idleMs: number };
  readonly logger: Logger;
};

const storageKey = Symbol.for('stateroom.chat.storage');
/** Next loads this file once per bundle, and again with every edit in development; the open database outlives that. */
const holder: typeof globalThis & { [storageKey]?: StorageProvider } = globalThis;

let services: Services | undefined;

/** The parts, put together when they are first asked for: a build neither opens the database nor needs a key. */
export function getServices(): Services {
  services ??= createServices();
  return services;
}

/** The same, or the end of the process with the reason: Next alone would go on, and answer 500 for ever. */
export function startServices(): void {
  try {
    getServices();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    consoleLogger.error({ reason }, 'the app did not start');
    process.exit(1);
  }
}

function createServices(): Services {
  const chosenModel = modelFromEnv(process.env);
  holder[storageKey] ??= sqliteStorage({ path: databasePath() });
  return {
    storage: holder[storageKey],
    agents: createAgents({ model: chosenModel.model, docsFolder: join(process.cwd(), '..', '..', 'docs') }),
    chosenModel,
    ttl: { idleMs: 14 * 24 * 60 * 60 * 1000 },
    logger: consoleLogger,
  };
}

function databasePath(): string {
  const path = process.env['STATEROOM_SQLITE_PATH']?.trim();
  return path === undefined || path === '' ? join(process.cwd(), '.data', 'stateroom.db') : path;
}
