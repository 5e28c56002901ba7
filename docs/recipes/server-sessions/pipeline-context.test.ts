import { describe, expect, it } from 'vitest';
import { deriveContext, PipelineContext } from './pipeline-context.ts';

const secret = 'a secret of this test, 32 bytes or more';
const login = { accountId: 'player-7', ticket: 'ticket-a' };
const derived = ['deviceId', 'upstreamSessionId', 'responseKey', 'authKey'] as const;

describe('a derived context', () => {
  it('is the same for the same login and secret, in any process', async () => {
    const context = await deriveContext(secret, login);
    expect(await deriveContext(secret, { ...login })).toEqual(context);
    // By openssl dgst -sha512 -hmac.
    expect(context.deviceId).toBe('40c75d82fc655553278c0ac9d767a283');
  });

  it.each([
    ['secret', `${secret}!`, login],
    ['ticket', secret, { ...login, ticket: 'ticket-b' }],
    ['account', secret, { ...login, accountId: 'player-8' }],
    ['border between account and ticket', secret, { accountId: 'player-7ticket', ticket: '-a' }],
  ])('shares no key with that of another %s', async (_what, otherSecret, otherLogin) => {
    const [one, other] = [await deriveContext(secret, login), await deriveContext(otherSecret, otherLogin)];
    for (const name of derived) expect(other[name]).not.toBe(one[name]);
  });

  it('has keys of the lengths that the upstream expects, no two alike, and a fresh client around them', async () => {
    const context = await deriveContext(secret, login);
    expect(derived.map((name) => context[name].length / 2)).toEqual([16, 16, 32, 48]);
    expect(new Set(derived.map((name) => context[name].slice(0, 32))).size).toBe(derived.length);
    expect(context).toMatchObject({
      ...login,
      viewerId: 0,
      platform: 4,
      deviceName: 'Windows PC',
      address: '127.0.0.1',
      locale: 'en',
      upstreamBase: '',
    });
    expect(PipelineContext.parse(context)).toEqual(context);
  });
});
