import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { scriptedModel } from '@stateroom/ai-sdk/scripted-model';

export type Environment = Readonly<Record<string, string | undefined>>;

export type ChosenModel = {
  readonly model: LanguageModelV4;
  /** For people: who answers, never a key. */
  readonly label: string;
  readonly isScripted: boolean;
};

const defaultModelIds = { openai: 'gpt-5.4-nano', anthropic: 'claude-haiku-5-5' } as const;
const defaultScriptedDelayMs = 25;

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
  if (provider === 'openai' && read(env, 'OPENAI_BASE_URL') !== undefined) return compatible(env, wish);
  const modelId = wish ?? defaultModelIds[provider];
  if (provider === 'anthropic') {
    const model = createAnthropic({ apiKey: requiredKey(env, 'ANTHROPIC_API_KEY') })(modelId);
    return { model, label: `Anthropic ${modelId}`, isScripted: false };
  }
  const model = createOpenAI({ apiKey: requiredKey(env, 'OPENAI_API_KEY') })(modelId);
  return { model, label: `OpenAI ${modelId}`, isScripted: false };
}

function compatible(env: Environment, modelId: string | undefined): ChosenModel {
  const baseURL = baseUrlOf(env);
  if (modelId === undefined) {
    throw new Error('OPENAI_BASE_URL is set: set STATEROOM_MODEL too, to the id of a model of that server.');
  }
  const apiKey = read(env, 'OPENAI_API_KEY');
  const provider = createOpenAICompatible({
    name: 'openai-compatible',
    baseURL,
    includeUsage: true,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  return { model: provider(modelId), label: `${modelId} at ${new URL(baseURL).host}`, isScripted: false };
}

/** Its words never quote the value: what is wrong with it may be a password. */
function baseUrlOf(env: Environment): string {
  const value = read(env, 'OPENAI_BASE_URL') ?? '';
  const url = URL.canParse(value) ? new URL(value) : null;
  // `localhost:11434/v1` is a URL too: one of the scheme `localhost:`.
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new Error('OPENAI_BASE_URL is not a URL that begins with http:// or https://, as http://localhost:11434/v1.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new Error('OPENAI_BASE_URL holds a user name or password: take it out, and set OPENAI_API_KEY to the key.');
  }
  return value;
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
