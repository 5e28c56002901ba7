import { StateroomError } from '@stateroom/core';
import { z } from 'zod';

/** What was asked and answered, as a step keeps it: plain data. */
export type Exchange = {
  readonly endpoint: string;
  readonly requestBase64: string;
  readonly responseBase64: string;
  readonly decoded: Readonly<Record<string, unknown>>;
};

export type UpstreamCall = {
  /** Where the upstream is, as `http://127.0.0.1:8080`. */
  readonly base: string;
  readonly endpoint: string;
  readonly request: Readonly<Record<string, unknown>>;
  /** By which the upstream knows a call that it has answered already. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
};

/** An upstream answers with the base64 of a JSON object: bare, or under one of three names. */
const Reply = z.union([
  z.string(),
  z.object({ response: z.string() }).transform(({ response }) => response),
  z.object({ responseB64: z.string() }).transform(({ responseB64 }) => responseB64),
  z.object({ data: z.string() }).transform(({ data }) => data),
]);

const Decoded = z.record(z.string(), z.unknown());

/** One call. What fails has a code: INVALID without a base, UPSTREAM_500 for that status, UPSTREAM_SHAPE for what is no answer. */
export async function callUpstream({
  base,
  endpoint,
  request,
  idempotencyKey,
  signal,
}: UpstreamCall): Promise<Exchange> {
  if (base === '') throw new StateroomError('INVALID', 'upstreamBase is empty', { path: 'upstreamBase' });
  const requestBase64 = toBase64(request);
  const response = await fetch(`${base}${endpoint}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    body: JSON.stringify({ request: requestBase64 }),
    signal,
  });
  if (!response.ok) throw new UpstreamError(`UPSTREAM_${response.status}`, `${endpoint} answered ${response.status}`);
  const reply = Reply.safeParse(parsed(await response.text()));
  const decoded = Decoded.safeParse(reply.success ? parsed(fromBase64(reply.data)) : undefined);
  if (!reply.success || !decoded.success) throw new UpstreamError('UPSTREAM_SHAPE', `${endpoint} gave no answer`);
  return { endpoint, requestBase64, responseBase64: reply.data, decoded: decoded.data };
}

class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

function toBase64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
