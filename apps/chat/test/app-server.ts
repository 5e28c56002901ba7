import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../../packages/core/src/testing/servers/free-port.ts';

const app = join(import.meta.dirname, '..');
const next = join(app, 'node_modules/next/dist/bin/next');

/** The built app, running as a process of its own. */
export class AppServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;
  #log = '';

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#log += chunk.toString();
      });
    }
  }

  /** Resolves when the app answers. `env` comes on top of an environment without any model. */
  static async start(env: Readonly<Record<string, string>>, wishedPort?: number): Promise<AppServer> {
    const port = wishedPort ?? (await freePort());
    const { PATH = '', HOME = '' } = process.env;
    const child = spawn(process.execPath, [next, 'start', '-p', String(port)], {
      cwd: app,
      env: { PATH, HOME, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1', ...env },
    });
    const server = new AppServer(`http://localhost:${port}`, child);
    await server.#untilItAnswers();
    return server;
  }

  /** All that the process has printed. */
  get log(): string {
    return this.#log;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill(signal);
    await once(this.#process, 'exit');
  }

  /** At once: a window that still watches a session would keep it from ending in peace. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop('SIGKILL');
  }

  async #untilItAnswers(): Promise<void> {
    for (let attempt = 0; attempt < 600; attempt++) {
      if (this.#process.exitCode !== null) break;
      const response = await fetch(this.url).catch(() => null);
      await response?.body?.cancel();
      if (response?.ok) return;
      await delay(100);
    }
    await this.stop('SIGKILL');
    throw new Error(`the app did not start:\n${this.#log}`);
  }
}
