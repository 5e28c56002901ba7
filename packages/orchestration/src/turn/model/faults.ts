/** What may go wrong. */
export type Fault =
  /** A caller dies. */
  | 'crash'
  /** The clock runs on though a living caller would have kept its lease or ticket. */
  | 'pause'
  /** A reply is lost, and the same commit is sent again. */
  | 'loss'
  /** A copy of a commit arrives later, at any time; its sender may be dead by then. */
  | 'copy'
  /** The session expires. */
  | 'expiry';

/** How often each may still happen, and any of them in all. */
export type Faults = Readonly<Record<Fault | 'inAll', number>>;

export const noFaults: Faults = { crash: 0, pause: 0, loss: 0, copy: 0, expiry: 0, inAll: 0 };

export function mayHappen(faults: Faults, fault: Fault, times: number = 1): boolean {
  return Math.min(faults[fault], faults.inAll) >= times;
}

/** What is left once it has happened. Where nothing more may happen, it is all the same what did. */
export function spent(faults: Faults, fault: Fault, times: number = 1): Faults {
  const inAll = faults.inAll - times;
  return inAll > 0 ? { ...faults, inAll, [fault]: faults[fault] - times } : noFaults;
}
