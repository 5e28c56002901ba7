import type { Logger } from '@stateroom/core';
import { type Environment, storageFromEnv } from '@stateroom/core/from-env';
import { ManagedSessionStore } from './managed-session-store.ts';

/**
 * The session store that the environment asks for, asked whether it answers. USE_REDIS of true, 1 or yes is Redis at
 * REDIS_URL, `redis://localhost:6379` by default; of false, 0 or no, or none, a SQLite file, unless the environment names
 * another storage as `storageFromEnv` reads it. INVALID, by the name of the variable, for any other word; STORAGE where
 * the Redis that is asked for does not answer. Nothing is kept elsewhere in silence.
 */
export async function createSessionStore(
  environment: Environment,
  options: { readonly defaultPath?: string; readonly logger?: Logger } = {},
): Promise<ManagedSessionStore> {
  const storage = await storageFromEnv(environment, { defaultPath: '.data/session-store.db', ...options });
  return new ManagedSessionStore({ storage, ...(options.logger && { logger: options.logger }) });
}
