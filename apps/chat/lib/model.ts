import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';
import { defaultSettingsMiddleware, wrapLanguageModel } from 'ai';

export type Environment = Readonly<Record<string, string | undefined>>;

export type ChosenModel = {
  readonly model: LanguageModelV4;
  /** For people: who answers, never a key. */
  readonly label: string;
  readonly isScripted: boolean;
};

const defaultModelIds = { openai: 'gpt-5.4-nano', anthropic: 'claude-haiku-5-5' } as const;
const defaultScriptedDelayMs = 25;
/** Said aloud, since the clients would else look for another one in the environment of the process. */
const openaiUrl = 'https://api.openai.com/v1';
const anthropicUrl = 'https://api.anthropic.com/v1';

type Provider = keyof typeof defaultModelIds;

/**
 * The model that the environment asks for. With no key it is the scripted one, which works offline; an environment
 * that could mean two things throws and names the variables. Empty variables count as unset.
 */
export function modelFromEnv(env: Environment): ChosenModel {
  const wish = read(env, 'STATEROOM_MODEL');
  if (wish === 'scripted') return scripted(env);
  const named = splitProvider(wish);
  if (named !== null) return hosted(env, named.provider, named.modelId);
  const provider = onlyProvider(env);
  if (provider !== null) return hosted(env, provider, wish);
  if (wish === undefined) return scripted(env);
  throw new Error(
    `STATEROOM_MODEL is '${wish}', but there is no OPENAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_BASE_URL to reach it with.`,
  );
}

function scripted(env: Environment): ChosenModel {
  const delayMs = Number(read(env, 'STATEROOM_SCRIPTED_DELAY_MS') ?? defaultScriptedDelayMs);
  if (!Number.isFinite(delayMs) || delayMs < 0) {
    throw new Error('STATEROOM_SCRIPTED_DELAY_MS is not a number of milliseconds from 0 up.');
  }
  return { model: scriptedModel({ delayMs }), label: 'Scripted model', isScripted: true };
}

function hosted(env: Environment, provider: Provider, wish: string | undefined): ChosenModel {
  if (provider === 'anthropic') return ofAnthropic(env, wish ?? defaultModelIds.anthropic);
  const api = apiOfOpenai(env);
  return api === 'chat' ? compatible(env, wish) : ofOpenai(env, wish);
}

function ofAnthropic(env: Environment, modelId: string): ChosenModel {
  const url = baseUrlOf(env, 'ANTHROPIC_BASE_URL');
  // Other clients of the same variable add the path themselves.
  const baseURL = url?.pathname === '/' ? new URL('v1', url).href : url?.href;
  const apiKey = requiredKey(env, 'ANTHROPIC_API_KEY');
  const model = createAnthropic({ apiKey, baseURL: baseURL ?? anthropicUrl })(modelId);
  return { model, label: url === null ? `Anthropic ${modelId}` : `${modelId} at ${url.host}`, isScripted: false };
}

function ofOpenai(env: Environment, wish: string | undefined): ChosenModel {
  const url = baseUrlOf(env, 'OPENAI_BASE_URL');
  if (url === null) {
    const modelId = wish ?? defaultModelIds.openai;
    const provider = createOpenAI({ apiKey: requiredKey(env, 'OPENAI_API_KEY'), baseURL: openaiUrl });
    return { model: unstored(provider(modelId)), label: `OpenAI ${modelId}`, isScripted: false };
  }
  const modelId = requiredModel(wish);
  const provider = createOpenAI({ apiKey: read(env, 'OPENAI_API_KEY') ?? 'none', baseURL: url.href });
  return { model: unstored(provider(modelId)), label: `${modelId} at ${url.host}`, isScripted: false };
}

/**
 * With the whole conversation in each request, as it is kept here. By default the provider keeps it, too, and is sent
 * ids of what it has kept: an answer that was stopped or cut off is not among it, and every later request would fail.
 */
function unstored(model: LanguageModelV4): LanguageModelV4 {
  const settings = { providerOptions: { openai: { store: false } } };
  return wrapLanguageModel({ model, middleware: defaultSettingsMiddleware({ settings }) });
}

function compatible(env: Environment, wish: string | undefined): ChosenModel {
  const url = baseUrlOf(env, 'OPENAI_BASE_URL');
  if (url === null)
    throw new Error('STATEROOM_OPENAI_API is set: set OPENAI_BASE_URL too, to the server that it is about.');
  const modelId = requiredModel(wish);
  const apiKey = read(env, 'OPENAI_API_KEY');
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL: url.href,
    includeUsage: true,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  return { model: provider(modelId), label: `${modelId} at ${url.host}`, isScripted: false };
}

/** Which of OpenAI's two protocols is spoken: most servers that are called compatible know the older one alone. */
function apiOfOpenai(env: Environment): 'chat' | 'responses' {
  const named = read(env, 'STATEROOM_OPENAI_API');
  if (named === 'chat' || named === 'responses') return named;
  if (named !== undefined) throw new Error(`STATEROOM_OPENAI_API is '${named}'; it can be chat or responses.`);
  return read(env, 'OPENAI_BASE_URL') === undefined ? 'responses' : 'chat';
}

function requiredModel(wish: string | undefined): string {
  if (wish !== undefined) return wish;
  throw new Error('OPENAI_BASE_URL is set: set STATEROOM_MODEL too, to the id of a model of that server.');
}

/** Null where none is set. Its words never quote the value: what is wrong with it may be a password. */
function baseUrlOf(env: Environment, name: 'OPENAI_BASE_URL' | 'ANTHROPIC_BASE_URL'): URL | null {
  const value = read(env, name);
  if (value === undefined) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  // `localhost:11434/v1` is a URL too: one of the scheme `localhost:`.
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error(`${name} is not a URL that begins with http:// or https://, as http://localhost:11434/v1.`);
  }
  if (url.username !== '' || url.password !== '') {
    const key = name.replace('BASE_URL', 'API_KEY');
    throw new Error(`${name} holds a user name or password: take it out, and set ${key} to the key.`);
  }
  return url;
}

function onlyProvider(env: Environment): Provider | null {
  const openai = ['OPENAI_API_KEY', 'OPENAI_BASE_URL'].filter((name) => read(env, name) !== undefined);
  const anthropic = ['ANTHROPIC_API_KEY'].filter((name) => read(env, name) !== undefined);
  if (openai.length > 0 && anthropic.length > 0) {
    const names = [...openai, ...anthropic].join(' and ');
    throw new Error(`${names} are set: set STATEROOM_MODEL to openai:<id> or anthropic:<id> to choose between them.`);
  }
  if (openai.length > 0) return 'openai';
  return anthropic.length > 0 ? 'anthropic' : null;
}

function splitProvider(wish: string | undefined): { provider: Provider; modelId: string } | null {
  const match = /^(openai|anthropic):(.*)$/.exec(wish ?? '');
  if (match === null) return null;
  const [, provider, rest] = match;
  const modelId = rest?.trim() ?? '';
  if (modelId === '') throw new Error(`STATEROOM_MODEL is '${provider}:' without the id of a model behind the colon.`);
  return { provider: provider === 'anthropic' ? 'anthropic' : 'openai', modelId };
}

function requiredKey(env: Environment, name: 'OPENAI_API_KEY' | 'ANTHROPIC_API_KEY'): string {
  const key = read(env, name);
  if (key === undefined) throw new Error(`STATEROOM_MODEL asks for a model that needs ${name}, which is not set.`);
  return key;
}

function read(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === '' ? undefined : value;
}
