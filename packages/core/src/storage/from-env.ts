import { isStateroomError, StateroomError } from '../errors.ts';
import { type Logger, silentLogger } from '../logger.ts';
import type { StorageProvider } from './provider.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type StorageFromEnvOptions = {
  /** Where the SQLite file is when the environment does not say, `.data/stateroom.db` by default. */
  readonly defaultPath?: string;
  readonly logger?: Logger;
};

/**
 * The storage that the environment asks for, asked whether it answers. STATEROOM_STORAGE names it: memory, sqlite, redis
 * or upstash. Else it is what is configured: Upstash, by UPSTASH_REDIS_REST_URL and _TOKEN or KV_REST_API_URL and _TOKEN;
 * Redis, by REDIS_URL, unless USE_REDIS is false; else SQLite at STATEROOM_SQLITE_PATH. Tells the logger what it chose and
 * why. Never falls back: what is named and cannot be had is an error that names the variable (INVALID, or STORAGE).
 */
export async function storageFromEnv(
  environment: Environment,
  { defaultPath = '.data/stateroom.db', logger = silentLogger }: StorageFromEnvOptions = {},
): Promise<StorageProvider> {
  const settings = new Settings(environment);
  const { kind, because } = choose(settings);
  const { variable, storage, named = variable } = await open(kind, settings, { defaultPath, logger });
  try {
    await storage.ping();
  } catch (cause) {
    await storage.close();
    const reason = isStateroomError(cause) ? `: ${cause.message}` : '';
    throw new StateroomError('STORAGE', `${named}: no answer from what it names${reason}`, {
      cause,
      path: variable,
    });
  }
  logger.info({ storage: storage.name, because }, 'storage was chosen');
  return storage;
}

const localRedis = 'redis://localhost:6379';
const kinds = ['memory', 'sqlite', 'redis', 'upstash'] as const;
type Kind = (typeof kinds)[number];
type Choice = { readonly kind: Kind; readonly because: string };
/** `named` says more than the variable, where there is more to say. */
type Opened = { readonly variable: string; readonly storage: StorageProvider; readonly named?: string };

/** The environment, in which an empty variable is one that is not set. */
class Settings {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  get(variable: string): string | undefined {
    return this.#environment[variable]?.trim() || undefined;
  }

  require(variable: string, remedy: string): string {
    const value = this.get(variable);
    if (value === undefined) throw invalid(variable, `is not set; ${remedy}`);
    return value;
  }

  /** Both of a pair, or neither. */
  pair(first: string, second: string): readonly [string, string] | null {
    if (this.get(first) === undefined && this.get(second) === undefined) return null;
    return [this.require(first, `set it beside ${second}`), this.require(second, `set it beside ${first}`)];
  }

  boolean(variable: string): boolean | null {
    const value = this.get(variable)?.toLowerCase();
    if (value === undefined) return null;
    if (['true', '1', 'yes'].includes(value)) return true;
    if (['false', '0', 'no'].includes(value)) return false;
    throw invalid(variable, 'is none of true, 1, yes, false, 0, no');
  }
}

function choose(settings: Settings): Choice {
  const named = settings.get('STATEROOM_STORAGE');
  if (named !== undefined) {
    const kind = kinds.find((known) => known === named);
    if (kind === undefined) throw invalid('STATEROOM_STORAGE', `is none of ${kinds.join(', ')}`);
    return { kind, because: 'STATEROOM_STORAGE names it' };
  }
  const usesRedis = settings.boolean('USE_REDIS');
  if (usesRedis === true) return { kind: 'redis', because: 'USE_REDIS is true' };
  if (upstashPair(settings) !== null) return { kind: 'upstash', because: 'the URL and token of Upstash are set' };
  if (settings.get('REDIS_URL') !== undefined && usesRedis === null)
    return { kind: 'redis', because: 'REDIS_URL is set' };
  return { kind: 'sqlite', because: 'nothing else is configured' };
}

async function open(
  kind: Kind,
  settings: Settings,
  { defaultPath, logger }: Required<StorageFromEnvOptions>,
): Promise<Opened> {
  switch (kind) {
    case 'memory': {
      const { memoryStorage } = await import('./memory.ts');
      return { variable: 'STATEROOM_STORAGE', storage: memoryStorage() };
    }
    case 'sqlite': {
      const { sqliteStorage } = await import('./sqlite.ts');
      const path = settings.get('STATEROOM_SQLITE_PATH') ?? defaultPath;
      return opened('STATEROOM_SQLITE_PATH', () => sqliteStorage({ path }));
    }
    case 'redis': {
      const { redisStorage } = await withClient('redis', 'REDIS_URL', () => import('./redis.ts'));
      const url = settings.get('REDIS_URL');
      const named = url === undefined ? `REDIS_URL, not set and so ${localRedis}` : 'REDIS_URL';
      return { ...opened('REDIS_URL', () => redisStorage({ url: url ?? localRedis, logger })), named };
    }
    case 'upstash': {
      const found = upstashPair(settings);
      if (found === null) throw invalid('UPSTASH_REDIS_REST_URL', 'is not set; set it and UPSTASH_REDIS_REST_TOKEN');
      const { variable, url, token } = found;
      const { upstashStorage } = await withClient('@upstash/redis', variable, () => import('./upstash.ts'));
      return opened(variable, () => upstashStorage({ url, token }));
    }
  }
}

function upstashPair(settings: Settings): { variable: string; url: string; token: string } | null {
  for (const name of ['UPSTASH_REDIS_REST', 'KV_REST_API']) {
    const variable = `${name}_URL`;
    const pair = settings.pair(variable, `${name}_TOKEN`);
    if (pair !== null) return { variable, url: pair[0], token: pair[1] };
  }
  return null;
}

/** A client is an optional peer: the variable that asks for one tells what is to be installed. */
async function withClient<M>(client: string, variable: string, load: () => Promise<M>): Promise<M> {
  try {
    return await load();
  } catch (cause) {
    throw new StateroomError('INVALID', `${variable} needs the package ${client}: npm install ${client}`, {
      cause,
      path: variable,
    });
  }
}

/** What cannot be made is told by the variable that asked for it. */
function opened(variable: string, make: () => StorageProvider): Opened {
  try {
    return { variable, storage: make() };
  } catch (cause) {
    if (!isStateroomError(cause)) throw cause;
    throw new StateroomError(cause.code, `${variable}: ${cause.message}`, { cause, path: variable });
  }
}

function invalid(variable: string, fault: string): StateroomError {
  return new StateroomError('INVALID', `${variable} ${fault}`, { path: variable });
}
