import { describe, expect, it } from 'vitest';
import { type Environment, modelFromEnv } from './model.ts';

const local = 'http://localhost:11434/v1';
const openai = 'sk-openai-secret';
const anthropic = 'sk-anthropic-secret';

describe('modelFromEnv', () => {
  it.each<[string, Environment, string, string]>([
    ['nothing', {}, 'stateroom', 'scripted'],
    ['empty variables', { OPENAI_API_KEY: '', STATEROOM_MODEL: ' ' }, 'stateroom', 'scripted'],
    ['scripted, in spite of a key', { OPENAI_API_KEY: openai, STATEROOM_MODEL: 'scripted' }, 'stateroom', 'scripted'],
    ['an OpenAI key', { OPENAI_API_KEY: openai }, 'openai.responses', 'gpt-5.4-nano'],
    [
      'an OpenAI key and a model',
      { OPENAI_API_KEY: openai, STATEROOM_MODEL: 'gpt-5.5' },
      'openai.responses',
      'gpt-5.5',
    ],
    ['an Anthropic key', { ANTHROPIC_API_KEY: anthropic }, 'anthropic.messages', 'claude-haiku-5-5'],
    [
      'both keys and a prefix',
      { OPENAI_API_KEY: openai, ANTHROPIC_API_KEY: anthropic, STATEROOM_MODEL: 'anthropic:claude-opus-5' },
      'anthropic.messages',
      'claude-opus-5',
    ],
    [
      'another server',
      { OPENAI_BASE_URL: local, STATEROOM_MODEL: 'llama3.2:3b' },
      'openai-compatible.chat',
      'llama3.2:3b',
    ],
    [
      'another server, beside an Anthropic key',
      { OPENAI_BASE_URL: local, ANTHROPIC_API_KEY: anthropic, STATEROOM_MODEL: 'openai:llama3.2' },
      'openai-compatible.chat',
      'llama3.2',
    ],
    [
      'another server that speaks Responses',
      { OPENAI_BASE_URL: local, STATEROOM_OPENAI_API: 'responses', STATEROOM_MODEL: 'gpt-oss:20b' },
      'openai.responses',
      'gpt-oss:20b',
    ],
    [
      'another server that is said to speak chat completions',
      { OPENAI_BASE_URL: local, STATEROOM_OPENAI_API: 'chat', STATEROOM_MODEL: 'llama3.2' },
      'openai-compatible.chat',
      'llama3.2',
    ],
    [
      'another server that speaks as Anthropic does',
      { ANTHROPIC_BASE_URL: 'http://localhost:4000', ANTHROPIC_API_KEY: anthropic },
      'anthropic.messages',
      'claude-haiku-5-5',
    ],
  ])('%s', (_, env, provider, modelId) => {
    const { model, label, isScripted } = modelFromEnv(env);
    expect([model.provider, model.modelId]).toEqual([provider, modelId]);
    expect(isScripted).toBe(provider === 'stateroom');
    expect(label).not.toContain('secret');
  });

  it.each<[string, Environment, RegExp]>([
    [
      'two keys and no choice',
      { OPENAI_API_KEY: openai, ANTHROPIC_API_KEY: anthropic },
      /OPENAI_API_KEY and ANTHROPIC_API_KEY/,
    ],
    [
      'two keys and a bare model',
      { OPENAI_API_KEY: openai, ANTHROPIC_API_KEY: anthropic, STATEROOM_MODEL: 'gpt-5.5' },
      /openai:<id> or anthropic:<id>/,
    ],
    ['a server without a model', { OPENAI_BASE_URL: local }, /STATEROOM_MODEL/],
    ['a server that is no URL', { OPENAI_BASE_URL: 'localhost', STATEROOM_MODEL: 'x' }, /OPENAI_BASE_URL/],
    [
      'a server without http://',
      { OPENAI_BASE_URL: 'localhost:11434/v1', STATEROOM_MODEL: 'x' },
      /OPENAI_BASE_URL .*http:\/\/ or https:\/\//,
    ],
    ['a server over ftp', { OPENAI_BASE_URL: 'ftp://user:secret@host/v1', STATEROOM_MODEL: 'x' }, /OPENAI_BASE_URL/],
    [
      'a server with a password',
      { OPENAI_BASE_URL: 'https://user:secret@host/v1', STATEROOM_MODEL: 'x' },
      /OPENAI_BASE_URL .*OPENAI_API_KEY/,
    ],
    [
      'a server with a user',
      { OPENAI_BASE_URL: 'https://secret@host/v1', STATEROOM_MODEL: 'x' },
      /OPENAI_BASE_URL .*OPENAI_API_KEY/,
    ],
    [
      'a protocol that is none',
      { OPENAI_BASE_URL: local, STATEROOM_OPENAI_API: 'soap', STATEROOM_MODEL: 'x' },
      /STATEROOM_OPENAI_API .*chat or responses/,
    ],
    [
      'a protocol without the server that speaks it',
      { OPENAI_API_KEY: openai, STATEROOM_OPENAI_API: 'chat' },
      /OPENAI_BASE_URL/,
    ],
    [
      'a server that speaks Responses, without a model',
      { OPENAI_BASE_URL: local, STATEROOM_OPENAI_API: 'responses' },
      /STATEROOM_MODEL/,
    ],
    [
      'a server with a password, in place of Anthropic',
      { ANTHROPIC_BASE_URL: 'https://user:secret@host', ANTHROPIC_API_KEY: anthropic },
      /ANTHROPIC_BASE_URL .*ANTHROPIC_API_KEY/,
    ],
    ['a provider without a model', { OPENAI_API_KEY: openai, STATEROOM_MODEL: 'openai:' }, /STATEROOM_MODEL/],
    ['a provider with a blank', { ANTHROPIC_API_KEY: anthropic, STATEROOM_MODEL: 'anthropic: ' }, /STATEROOM_MODEL/],
    ['a model without a key', { STATEROOM_MODEL: 'gpt-5.5' }, /OPENAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_BASE_URL/],
    ['a provider without its key', { OPENAI_API_KEY: openai, STATEROOM_MODEL: 'anthropic:x' }, /ANTHROPIC_API_KEY/],
    ['a delay that is no number', { STATEROOM_SCRIPTED_DELAY_MS: 'slow' }, /STATEROOM_SCRIPTED_DELAY_MS/],
  ])('refuses %s, and names the variables but no key', (_, env, words) => {
    expect(() => modelFromEnv(env)).toThrow(words);
    expect(() => modelFromEnv(env)).not.toThrow(/secret/);
  });
});
