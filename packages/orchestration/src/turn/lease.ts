/**
 * The right to run a turn, as its holder knows it. It counts from when the last renewal that was answered was sent, so
 * it is over here before it is over in the storage.
 */
export class Lease {
  version: string;
  readonly ms: number;
  #sentAt: number;

  constructor(version: string, ms: number, sentAt: number) {
    this.version = version;
    this.ms = ms;
    this.#sentAt = sentAt;
  }

  renewed(version: string, sentAt: number): void {
    this.version = version;
    this.#sentAt = sentAt;
  }

  get isOverdue(): boolean {
    return this.restMs <= 0;
  }

  get isToBeRenewed(): boolean {
    return this.restMs < (this.ms * 2) / 3;
  }

  get restMs(): number {
    return this.#sentAt + this.ms - performance.now();
  }
}
