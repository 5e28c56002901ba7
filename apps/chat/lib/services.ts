import { join } from 'node:path';
import type { Logger, StorageProvider } from '@stateroom/core';
import { storageFromEnv } from '@stateroom/core/from-env';
import { GuestCookie } from '@stateroom/ai-sdk/guest';
import { type AgentProfile, createAgents } from '../agents/index.ts';
import { setGuests } from './guest.ts';
import { consoleLogger } from './logger.ts';
import { type ChosenModel, modelFromEnv } from './model.ts';
import { keptSecret } from './secret.ts';
import { beginShutdown } from './shutdown.ts';

/** All that the pages and the route work with. This file alone reads the environment and picks the storage. */
export type Services = {
  readonly storage: StorageProvider;
  readonly agents: readonly AgentProfile[];
  readonly chosenModel: ChosenModel;
  /** Two weeks: a guest who comes back after a holiday finds everything where it was left. */
  readonly ttl: { readonly idleMs: number };
  /** A guest whose server has died can go on after ten seconds. */
  readonly turns: { readonly leaseMs: number };
  readonly logger: Logger;
};

const storageKey = Symbol.for('stateroom.chat.storage');
/** Next loads this file once per bundle, and again with every edit in development; the open storage outlives that. */
const holder: typeof globalThis & { [storageKey]?: StorageProvider } = globalThis;

/** Beside the database, below the folder of the app. */
const secretPath = '.data/secret';

let services: Services | undefined;

/** The parts, put together when they are first asked for: a build neither opens a storage nor needs a key. */
export function getServices(): Services {
  services ??= createServices();
  return services;
}

/** Opens the storage and makes sure of the rest, or ends the process with the reason: Next alone would answer 500 for ever. */
export async function startServices(): Promise<void> {
  try {
    const storage = (holder[storageKey] ??= await storageFromEnv(process.env, { logger: consoleLogger }));
    setGuests(await guestsOn(storage));
    getServices();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, beginShutdown);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    consoleLogger.error({ reason }, 'the app did not start');
    process.exit(1);
  }
}

/** Several servers know each other's guests by one secret, which the environment names. */
async function guestsOn({ scope }: StorageProvider): Promise<GuestCookie> {
  const named = process.env['STATEROOM_SECRET']?.trim() ?? '';
  if (named === '' && scope === 'shared')
    consoleLogger.warn({ path: secretPath }, 'STATEROOM_SECRET is not set, so this server alone knows its guests');
  try {
    return new GuestCookie({ secret: named === '' ? await keptSecret(secretPath) : named });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`STATEROOM_SECRET, or ${secretPath} where it is not set: ${reason}`, { cause: error });
  }
}

function createServices(): Services {
  const storage = holder[storageKey];
  if (storage === undefined) throw new Error('the services are asked for before they were started');
  const chosenModel = modelFromEnv(process.env);
  return {
    storage,
    agents: createAgents({ model: chosenModel.model, docsFolder: join(process.cwd(), '..', '..', 'docs'), storage }),
    chosenModel,
    ttl: { idleMs: 14 * 24 * 60 * 60 * 1000 },
    turns: { leaseMs: 10_000 },
    logger: consoleLogger,
  };
}
