import type { WorkerReport } from './worker-reports.ts';

export type Told = Pick<Extract<WorkerReport, { type: 'told' }>, 'account' | 'since'> & { readonly at: number };

/** When something may have been taken away from a session: from when it was asked for until it was answered, if it was. */
export type Taking = { readonly what: 'rewind' | 'delete'; readonly from: number; to: number };

/** All that the workers of a run have said. */
export class Tally {
  readonly told = new Map<string, Told[]>();
  readonly takings = new Map<string, Map<string, Taking>>();
  readonly outcomes: Record<string, number> = {};
  readonly faults: Record<string, number> = {};
  readonly accounts: Record<string, number> = {};
  readonly broken: string[] = [];

  hear(report: WorkerReport): void {
    switch (report.type) {
      case 'told': {
        const { room, since, account } = report;
        this.#of(this.told, room, []).push({ account, since, at: Date.now() });
        count(this.accounts, account.type);
        return;
      }
      case 'asked':
        this.#of(this.takings, report.room, new Map<string, Taking>()).set(report.id, {
          what: report.what,
          from: Date.now(),
          to: Infinity,
        });
        return;
      case 'answered': {
        const taking = this.takings.get(report.room)?.get(report.id);
        if (taking !== undefined) taking.to = Date.now();
        return;
      }
      case 'outcome':
        return count(this.outcomes, report.outcome);
      case 'fault':
        return this.fault(report.what);
      case 'broken':
        this.broken.push(report.message);
    }
  }

  fault(what: string): void {
    count(this.faults, what);
  }

  get faultCount(): number {
    return sum(this.faults);
  }

  get acknowledged(): number {
    return sum(this.accounts);
  }

  #of<V>(map: Map<string, V>, room: string, empty: V): V {
    const known = map.get(room) ?? empty;
    map.set(room, known);
    return known;
  }
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, times) => total + times, 0);
}
