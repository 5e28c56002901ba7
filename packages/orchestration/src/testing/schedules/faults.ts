import fc from 'fast-check';

/**
 * What goes wrong at one call of a process:
 * - `crash`: the process is cut off, before the call is sent or after it was carried out; nothing of it returns.
 * - `unreachable`: the call is not carried out, and STORAGE is thrown.
 * - `lost`: it is carried out, and UNKNOWN_OUTCOME is thrown instead of its reply.
 * - `repeated`: a copy of it is carried out too, at any later time.
 * - `paused`: the process stands still for a while, and whatever it has sent comes late.
 * - `lapse`: the storage's clock goes on past the lease, and no process has noticed.
 */
export type Fault = {
  readonly what: 'crash before' | 'crash after' | 'unreachable' | 'lost' | 'repeated' | 'paused' | 'lapse';
  readonly process: number;
  /** Counted from 1; of a process. */
  readonly call: number;
  /** Of how many calls in a row. */
  readonly times: number;
};

export function anyFault(processes: number): fc.Arbitrary<Fault> {
  return fc.record({
    what: fc.constantFrom(
      'crash before',
      'crash after',
      'unreachable',
      'lost',
      'lost',
      'repeated',
      'paused',
      'lapse',
      'lapse',
    ),
    process: fc.nat(processes - 1),
    call: fc.integer({ min: 1, max: 30 }),
    times: fc.constantFrom(1, 1, 2, 4),
  });
}
