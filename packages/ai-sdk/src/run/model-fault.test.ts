import { APICallError, RetryError } from 'ai';
import { describe, expect, it } from 'vitest';
import { modelErrorChunk } from './model-fault.ts';

const failed = (statusCode: number, data?: unknown) =>
  new APICallError({ message: 'sk-secret', url: '', requestBodyValues: {}, statusCode, data });
const lastOf = (...errors: Error[]) => new RetryError({ message: 'sk-secret', reason: 'maxRetriesExceeded', errors });

describe('a model that failed', () => {
  it.each([
    ['with too many requests', failed(429), 'MODEL_BUSY'],
    ['with too many of everybody’s', failed(529), 'MODEL_BUSY'],
    ['the last time with too many', lastOf(failed(500), failed(429)), 'MODEL_BUSY'],
    ['the last time otherwise', lastOf(failed(429), failed(500)), 'MODEL'],
    ['with no money left', lastOf(failed(429, { error: { code: 'insufficient_quota' } })), 'MODEL'],
    ['with a key that is none', failed(401), 'MODEL'],
    ['with an error of any kind', new Error('sk-secret'), 'MODEL'],
    ['with no error', null, 'MODEL'],
  ])('%s', (_, error, code) => {
    const { errorText } = modelErrorChunk(error);
    expect(JSON.parse(errorText)).toMatchObject({ error: { code } });
    expect(errorText).not.toContain('sk-secret');
  });
});
