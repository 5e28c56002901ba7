import type { UIMessageChunk } from 'ai';
import { type ErrorCode, isStateroomError, type Logger } from '@stateroom/core';

/** What only a request can get wrong, beside the codes of StateroomError. */
type RequestErrorCode =
  | 'UNAUTHORIZED'
  | 'NOT_FOUND'
  | 'INVALID'
  | 'CONFLICT'
  | 'NOT_PENDING'
  | 'TOO_LARGE'
  | 'TOO_MANY'
  | 'CRASHED';

/** The body of every error, and the text of an error chunk. */
export type ErrorBody = {
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly path?: string;
    /** With CONFLICT: the turn that is in the way, to be followed or stopped. */
    readonly turnId?: string;
    /** With BUDGET: when there is room again, in epoch milliseconds; null: never. */
    readonly freesAt?: number | null;
  };
};

/** A request that is turned down. Its message is for the client. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: RequestErrorCode;
  readonly path: string | undefined;
  readonly turnId: string | undefined;

  constructor(code: RequestErrorCode, message: string, { path, turnId }: { path?: string; turnId?: string } = {}) {
    super(message);
    this.code = code;
    this.path = path;
    this.turnId = turnId;
  }
}

const statusOf: Readonly<Record<RequestErrorCode | ErrorCode, number>> = {
  INVALID: 400,
  INVALID_ID: 400,
  UNAUTHORIZED: 401,
  NOT_FOUND: 404,
  // An id that belongs to another owner or agent must look like one that does not exist.
  EXISTS: 404,
  CONFLICT: 409,
  // Told in the stream of an answer, whose status is out by then.
  CRASHED: 503,
  TOO_LARGE: 413,
  // As many streams of events as one owner may have open; a stream that ends makes room for another.
  TOO_MANY: 429,
  INVALID_STATE: 500,
  NEWER_VERSION: 500,
  LIMIT: 503,
  BUDGET: 429,
  UNKNOWN_OUTCOME: 503,
  LEASE_LOST: 503,
  NO_CHECKPOINT: 409,
  NOT_PENDING: 409,
  EXPIRED: 410,
  TIMEOUT: 503,
  STORAGE: 503,
};

/** One text for missing, expired and foreign, so that it tells nothing about which ids exist. */
export const unknownSession = 'there is no such session';
const internal = 'something went wrong on the server';
const lost = 'the server was held up for too long in the middle of the answer; send the message again';
const unavailable = 'the storage is not available just now; nothing is lost, try again';

export function isAbsent(error: unknown): boolean {
  return isStateroomError(error) && error.code === 'NOT_FOUND';
}

/** The answer to a request that failed. What is not known to be for the client is logged, and told in general words. */
export function errorResponse(error: unknown, logger: Logger): Response {
  if (!(error instanceof RequestError) && !isStateroomError(error)) {
    logger.error({ error: nameOf(error) }, 'a request failed');
    return Response.json(errorBody(error), { status: 500 });
  }
  const status = statusOf[error.code];
  if (status >= 500)
    logger.error({ error: error.code, reason: error.message, cause: nameOf(error.cause) }, 'a request failed');
  const seconds = status === 503 ? 1 : secondsUntil(isStateroomError(error) ? error.freesAt : null);
  const headers = seconds === null ? undefined : { 'retry-after': String(seconds) };
  return Response.json(errorBody(error), { status, ...(headers && { headers }) });
}

/** Null where it is never. */
function secondsUntil(time: number | null | undefined): number | null {
  return time === null || time === undefined ? null : Math.max(1, Math.ceil((time - Date.now()) / 1000));
}

/** What is told of an error, also in a response that has begun. */
export function errorBody(error: unknown): ErrorBody {
  if (!(error instanceof RequestError) && !isStateroomError(error)) {
    return { error: { code: 'INTERNAL', message: internal } };
  }
  if (statusOf[error.code] === 404 && isStateroomError(error)) {
    return { error: { code: 'NOT_FOUND', message: unknownSession } };
  }
  const { code, message, path } = error;
  const turnId = error instanceof RequestError ? error.turnId : undefined;
  if (code === 'CRASHED') return { error: { code, message } };
  if (code === 'LEASE_LOST') return { error: { code, message: lost } };
  // What the storage says of itself is for the log.
  if (statusOf[code] === 503) return { error: { code, message: unavailable } };
  if (statusOf[code] === 500) return { error: { code, message: internal } };
  const freesAt = isStateroomError(error) ? error.freesAt : undefined;
  const facts = {
    ...(path !== undefined && { path }),
    ...(turnId !== undefined && { turnId }),
    ...(freesAt !== undefined && { freesAt }),
  };
  return { error: { code, message, ...facts } };
}

/** The same as a chunk of an answer. */
export function errorChunk(error: unknown): Extract<UIMessageChunk, { type: 'error' }> {
  return { type: 'error', errorText: JSON.stringify(errorBody(error)) };
}

/** What may be logged of any error: what kind it is, never its message, which may quote a prompt or a key. */
export function nameOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return error === undefined ? undefined : typeof error;
  const status = 'statusCode' in error && typeof error.statusCode === 'number' ? ` ${error.statusCode}` : '';
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const last = 'lastError' in error ? `, last ${nameOf(error.lastError)}` : '';
  return `${error.name}${status}${code}${last}`;
}
