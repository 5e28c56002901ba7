import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { Engine } from './engine.ts';
import type { Tally } from './tally.ts';
import type { WorkerReport, WorkerTask } from './worker-reports.ts';

type Options = Pick<WorkerTask, 'seed' | 'startedAt' | 'leaseMs'> & {
  readonly engine: Engine;
  readonly tally: Tally;
  readonly count: number;
};

/** The worker processes of a run: one that was killed is replaced at once. */
export class Workers {
  readonly #options: Options;
  readonly #processes: ChildProcess[];
  #hired = 0;
  #isOver = false;

  constructor(options: Options) {
    this.#options = options;
    this.#processes = Array.from({ length: options.count }, (_, place) => this.#hire(place));
  }

  get hired(): number {
    return this.#hired;
  }

  kill(place: number): void {
    this.#processes[place]?.kill('SIGKILL');
  }

  /** It stands still for `ms`. */
  pause(place: number, ms: number): void {
    const worker = this.#processes[place];
    worker?.kill('SIGSTOP');
    setTimeout(() => worker?.kill('SIGCONT'), ms);
  }

  /** All at once, as a machine that fails; resolves when none is left and all they said is heard. */
  async killAll(): Promise<void> {
    this.#isOver = true;
    const gone = this.#processes.map((worker) => new Promise((resolve) => worker.once('close', resolve)));
    for (const worker of this.#processes) worker.kill('SIGKILL');
    await Promise.all(gone);
  }

  #hire(place: number): ChildProcess {
    const { engine, tally, seed, startedAt, leaseMs } = this.#options;
    this.#hired += 1;
    const task: WorkerTask = {
      engine: engine.name,
      target: engine.target(place),
      name: `w${this.#hired}`,
      seed: seed + this.#hired * 7919,
      startedAt,
      leaseMs,
    };
    const worker = fork(join(import.meta.dirname, 'worker.test-process.ts'), [JSON.stringify(task)]);
    // Both ends are of one release of this file: what comes is a report.
    worker.on('message', (report) => tally.hear(report as WorkerReport));
    worker.once('exit', (code, signal) => {
      if (this.#isOver) return;
      if (signal !== 'SIGKILL') tally.hear({ type: 'broken', message: `a worker has ended with ${code ?? signal}` });
      this.#processes[place] = this.#hire(place);
    });
    return worker;
  }
}
