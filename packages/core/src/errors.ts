/**
 * Every way in which Stateroom says no. Each code has a heading in docs/reference/errors.md.
 *
 * Five answers that are never turned into one another: absent (`NOT_FOUND`), refused (`EXISTS`, `CONFLICT`,
 * `LIMIT`, `BUDGET`, `NOT_PENDING`, `EXPIRED`), invalid (`INVALID…`, `NEWER_VERSION`), unreachable (`STORAGE`, `TIMEOUT`), and not known (`UNKNOWN_OUTCOME`).
 */
export type ErrorCode =
  | 'NOT_FOUND'
  | 'EXISTS'
  | 'CONFLICT'
  | 'LIMIT'
  | 'BUDGET'
  | 'INVALID'
  | 'INVALID_ID'
  | 'INVALID_STATE'
  | 'NEWER_VERSION'
  | 'UNKNOWN_OUTCOME'
  | 'LEASE_LOST'
  | 'NO_CHECKPOINT'
  | 'NOT_PENDING'
  | 'EXPIRED'
  | 'TIMEOUT'
  | 'STORAGE';

export type StateroomErrorOptions = {
  /** Where in the input or state the fault is, as in `messages[2].text`. */
  readonly path?: string;
  /** With BUDGET: when there is room again, in epoch milliseconds, if nothing else is spent; null: never. */
  readonly freesAt?: number | null;
  readonly cause?: unknown;
};

const brand = Symbol.for('stateroom.error');

/** The one error class of Stateroom. Its message names keys and paths, never a stored value, token or command. */
export class StateroomError extends Error {
  override readonly name = 'StateroomError';
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly path: string | undefined;
  readonly freesAt: number | null | undefined;

  constructor(code: ErrorCode, message: string, options: StateroomErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.path = options.path;
    this.freesAt = options.freesAt;
  }
}

/** INVALID with the path of what is wrong, unless all is well. */
export function refuseUnless(holds: boolean, path: string, fault: string): void {
  if (!holds) throw new StateroomError('INVALID', `${path} ${fault}`, { path });
}

/** Tells a StateroomError by its brand, so that the answer is right across two installed copies of this package. */
export function isStateroomError(value: unknown): value is StateroomError {
  return typeof value === 'object' && value !== null && brand in value;
}
