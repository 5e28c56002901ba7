import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { startRedis } from '../../../../../core/src/testing/servers/redis-server.ts';
import { Random } from '../../torture/random.ts';
import type { EngineName } from '../../torture/worker-reports.ts';
import { type Fate, type Line, planned, randomFate, type WorkerTask } from './plan.ts';
import { faultsIn } from './trial-check.ts';

export type PipelineTorture = {
  readonly engine: EngineName;
  readonly seed: number;
  /** How many processes are killed. */
  readonly kills: number;
  /** How many work at once. */
  readonly lanes: number;
};

export type PipelineTortureSummary = {
  readonly kills: number;
  readonly trials: number;
  readonly killsBy: Readonly<Record<Fate['at'], number>>;
  readonly violations: readonly string[];
};

const leaseMs = 400;

/** Has processes die at random places of pipelines, and looks whether each run ends as it was promised. */
export async function runPipelineTorture({
  engine,
  seed,
  kills,
  lanes,
}: PipelineTorture): Promise<PipelineTortureSummary> {
  const folder = mkdtempSync(join(tmpdir(), 'stateroom-pipelines-'));
  const server = engine === 'redis' ? await startRedis() : null;
  try {
    const target = server?.url ?? join(folder, 'sessions.db');
    if (server === null) await (await import('@stateroom/core/sqlite')).sqliteStorage({ path: target }).close();
    const log = join(folder, 'log');
    writeFileSync(log, '');
    const run = new Trials({ engine, target, log, leaseMs, seed }, kills);
    await run.warmUp();
    await Promise.all(Array.from({ length: lanes }, () => run.lane()));
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    // Both ends are of one release of this file: what it wrote is a line.
    return summaryOf(
      seed,
      run,
      lines.map((line) => JSON.parse(line) as Line),
    );
  } finally {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Base = Pick<WorkerTask, 'engine' | 'target' | 'log' | 'leaseMs' | 'seed'>;

/** Hands out trials and deaths until enough processes have died. */
class Trials {
  readonly broken: string[] = [];
  readonly #base: Base;
  readonly #random: Random;
  #trials = 0;
  #workers = 0;
  #killsLeft: number;

  constructor(base: Base, kills: number) {
    this.#base = base;
    this.#random = new Random(base.seed);
    this.#killsLeft = kills;
  }

  get count(): number {
    return this.#trials;
  }

  /** One process that does nothing and lives to its end, so that the others find compiled what it has loaded. */
  async warmUp(): Promise<void> {
    const fate = { at: 'before', step: 1 } as const;
    await this.#exit({ ...this.#base, worker: 0, resumes: null, begins: null, diesIn: 'begins', fate });
  }

  /** A process after the other; what one has left is gone on with by the next. */
  async lane(): Promise<void> {
    let left: number | null = null;
    while (this.#killsLeft > 0) left = await this.#hire(left, this.#trials++);
    if (left !== null) await this.#hire(left, null);
  }

  /** The trial in which the process has died, or null. */
  async #hire(resumes: number | null, begins: number | null): Promise<number | null> {
    const { seed } = this.#base;
    const isLate = resumes !== null && begins !== null && this.#random.next() < 0.25;
    const dyingIn = isLate ? resumes : (begins ?? 0);
    const task: WorkerTask = {
      ...this.#base,
      worker: (this.#workers += 1),
      resumes,
      begins,
      diesIn: isLate ? 'resumes' : 'begins',
      fate: randomFate(this.#random, planned(seed, dyingIn).length),
    };
    const isKilled = await this.#exit(task);
    if (isKilled) this.#killsLeft -= 1;
    return isKilled ? dyingIn : null;
  }

  async #exit(task: WorkerTask): Promise<boolean> {
    const worker = fork(join(import.meta.dirname, 'worker.test-process.ts'), [JSON.stringify(task)], {
      silent: true,
      env: { ...process.env, NODE_COMPILE_CACHE: `${task.log}-compiled` },
    });
    let said = '';
    worker.stderr?.on('data', (text: Buffer) => (said += text.toString()));
    return new Promise((resolve) => {
      worker.once('close', (code, signal) => {
        if (signal !== 'SIGKILL' && code !== 0) this.broken.push(`a process has ended with ${code ?? signal}: ${said}`);
        resolve(signal === 'SIGKILL');
      });
    });
  }
}

function summaryOf(seed: number, run: Trials, lines: readonly Line[]): PipelineTortureSummary {
  const deaths = lines.filter((line) => line.type === 'dying');
  const count = (at: Fate['at']) => deaths.filter(({ fate }) => fate.at === at).length;
  const byTrial = Map.groupBy(lines, ({ trial }) => trial);
  return {
    kills: deaths.length,
    trials: byTrial.size,
    killsBy: {
      before: count('before'),
      inside: count('inside'),
      after: count('after'),
      unsent: count('unsent'),
      unanswered: count('unanswered'),
    },
    violations: [
      ...run.broken,
      ...[...byTrial].flatMap(([trial, own]) => {
        return faultsIn(planned(seed, trial), own).map((fault) => `trial ${trial}: ${fault}`);
      }),
    ],
  };
}
