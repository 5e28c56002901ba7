import { once } from 'node:events';
import { readFileSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import type { Step } from './guide.ts';
import { NpmFolder } from './npm-folder.ts';
import { repository } from './packed.ts';

/** Somebody new, who does what a page says, beside a clone that is called `stateroom`. */
export class Reader {
  readonly #folder = new NpmFolder();
  readonly #port: number;
  #cwd: string;
  #printed = '';
  #isStuck = false;

  private constructor(port: number) {
    symlinkSync(repository, join(this.#folder.path, 'stateroom'));
    this.#cwd = this.#folder.path;
    this.#port = port;
  }

  /** Where the pages say 3000, a port is taken that is free. */
  static async atFreePort(): Promise<Reader> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const address = probe.address();
    probe.close();
    if (address === null || typeof address === 'string') throw new Error('no port is free');
    return new Reader(address.port);
  }

  get url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** What the last commands have printed. */
  get printed(): string {
    return this.#printed;
  }

  async do(step: Step): Promise<void> {
    if (this.#isStuck) throw new Error('a step before this one could not be done');
    this.#isStuck = true;
    await this.#do(step);
    this.#isStuck = false;
  }

  async remove(): Promise<void> {
    await this.#folder.remove();
  }

  async #do(step: Step): Promise<void> {
    if (step.kind === 'output') return;
    const text = step.text.replaceAll(/\b3000\b/g, String(this.#port));
    if (step.kind === 'file') this.#folder.write(relative(this.#folder.path, join(this.#cwd, step.path)), text);
    else if (step.goesOn) await this.#serve(text);
    else await this.#run(text);
  }

  async #run(commands: string): Promise<void> {
    const whereTo = join(this.#folder.path, '.cwd');
    const script = `set -euo pipefail\n${commands}\npwd > '${whereTo}'`;
    this.#printed = await this.#folder.run('bash', ['-c', script], { cwd: this.#cwd });
    this.#cwd = readFileSync(whereTo, 'utf8').trim();
  }

  /** Ends what ran before, as the pages say. */
  async #serve(command: string): Promise<void> {
    await this.#folder.endServers();
    const server = this.#folder.serve(command, { cwd: this.#cwd, environment: { PORT: String(this.#port) } });
    while ((await fetch(this.url).catch(() => null)) === null) {
      if (server.exitCode !== null) throw new Error(`it does not go on running: ${command}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
