/** What the protocol must never do; the rest of the message tells in which way. */
export type ViolationKind =
  | 'contract'
  | 'delete'
  | 'doubled'
  | 'false alarm'
  | 'fencing'
  | 'follow'
  | 'history'
  | 'idempotency'
  | 'lease'
  | 'line'
  | 'lost message'
  | 'lost reply'
  | 'question'
  | 'records'
  | 'rewind'
  | 'rollback'
  | 'state'
  | 'steer'
  | 'stop'
  | 'stream'
  | 'stuck'
  | 'two turns'
  | 'update';

export class Violation extends Error {
  readonly kind: ViolationKind;

  constructor(kind: ViolationKind, message: string) {
    super(`${kind}: ${message}`);
    this.kind = kind;
  }
}

export function violated(kind: ViolationKind, message: string): never {
  throw new Violation(kind, message);
}
