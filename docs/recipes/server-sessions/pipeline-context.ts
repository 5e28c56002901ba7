import { StateroomError } from '@stateroom/core';
import { z } from 'zod';

/** What the upstream pipeline works with. Keys and ids are derived; the rest is what a fresh client would say. */
export const PipelineContext = z.strictObject({
  accountId: z.string().min(1),
  ticket: z.string().min(1),
  deviceId: z.string(),
  upstreamSessionId: z.string(),
  responseKey: z.string(),
  authKey: z.string(),
  /** 0 until the upstream has given one out. */
  viewerId: z.number(),
  platform: z.number(),
  deviceName: z.string(),
  address: z.string(),
  locale: z.string(),
  upstreamBase: z.string(),
});
export type PipelineContext = z.infer<typeof PipelineContext>;

/** Who logs in, and with what. */
export type Login = { readonly accountId: string; readonly ticket: string };

const shortestSecretBytes = 32;

/** The same login and secret give the same context; another account, ticket or secret gives another one. */
export async function deriveContext(secret: string, { accountId, ticket }: Login): Promise<PipelineContext> {
  const algorithm = { name: 'HMAC', hash: 'SHA-512' };
  const key = await crypto.subtle.importKey('raw', utf8.encode(secret), algorithm, false, ['sign']);
  const derive = async (label: string, bytes: number) => {
    // As JSON, no two of label, account and ticket run into each other.
    const signature = await crypto.subtle.sign('HMAC', key, utf8.encode(JSON.stringify([label, accountId, ticket])));
    return Buffer.from(signature, 0, bytes).toString('hex');
  };
  return {
    accountId,
    ticket,
    deviceId: await derive('device-id', 16),
    upstreamSessionId: await derive('upstream-session-id', 16),
    responseKey: await derive('response-key', 32),
    authKey: await derive('auth-key', 48),
    viewerId: 0,
    platform: 4,
    deviceName: 'Windows PC',
    address: '127.0.0.1',
    locale: 'en',
    upstreamBase: '',
  };
}

/** INVALID for a secret that could be guessed. */
export function validateSecret(secret: string): void {
  if (utf8.encode(secret).length >= shortestSecretBytes) return;
  throw new StateroomError('INVALID', `secret is shorter than ${shortestSecretBytes} bytes`, { path: 'secret' });
}

const utf8 = new TextEncoder();
